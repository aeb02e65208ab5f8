/** The linear probe at the size of Fashion-MNIST: embeddings of 128 dimensions, and raw pixels; and of 1 % of CIFAR-10's labels. */
import { random } from '@kindred/core';
import { type Features, linearProbe } from '../src/index.js';

const classes = 10;

/** Labels by a linear rule with noise, so that the fit has work to do; dimensions correlate as those of images do. */
function rows(count: number, dimension: number, stream: string): Features {
  const rules = random(1).fork('rule', dimension);
  const rule = Float32Array.from({ length: classes * dimension }, () => rules.normal());
  const draws = random(1).fork(stream, dimension);
  const values = new Float32Array(count * dimension);
  const labels = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    let walk = 0;
    for (let d = 0; d < dimension; d++) values[row * dimension + d] = walk = 0.9 * walk + draws.uniform(-1, 1);
    let best = -Infinity;
    for (let label = 0; label < classes; label++) {
      let score = 4 * draws.normal();
      for (let d = 0; d < dimension; d++) score += rule[label * dimension + d]! * values[row * dimension + d]!;
      if (score > best) [best, labels[row]] = [score, label];
    }
  }
  return { values, dimension, labels };
}

/** Seconds of a whole probe: one λ to a tolerance of 1e-4, and six of which one is chosen, as an evaluation does, to 1e-3. */
export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const one = { what: 'one λ', regularization: 1, tolerance: 1e-4 };
  const six = { what: 'six λ', regularization: [3, 10, 30, 100, 300, 1000], tolerance: 1e-3 };
  const results: { name: string; value: number; unit: string }[] = [];
  for (const [count, dimension] of [[60_000, 128], [60_000, 784], [500, 3072]] as const) {
    const [train, test] = [rows(count, dimension, 'train'), rows(10_000, dimension, 'test')];
    for (const { what, ...fit } of [one, six]) {
      const start = performance.now();
      const { accuracy, iterations } = await linearProbe({ train, test, ...fit, standardize: true, maximumIterations: 1000, seed: 1 });
      const name = `linear probe, ${what}, ${count} rows of ${dimension}`;
      results.push(
        { name, value: (performance.now() - start) / 1000, unit: 's' },
        { name: `${name}: iterations of the last fit`, value: iterations, unit: '' },
        { name: `${name}: accuracy`, value: accuracy, unit: '' },
      );
    }
  }
  return results;
}
