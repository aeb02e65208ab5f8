/** The linear probe at the size of Fashion-MNIST: embeddings of 128 dimensions, and raw pixels. */
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

/** Seconds of a whole probe: one λ, tolerance 1e-4. */
export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const results: { name: string; value: number; unit: string }[] = [];
  for (const dimension of [128, 784]) {
    const [train, test] = [rows(60_000, dimension, 'train'), rows(10_000, dimension, 'test')];
    const settings = { regularization: 1, standardize: true, maximumIterations: 1000, tolerance: 1e-4, seed: 1 };
    const start = performance.now();
    const { accuracy, iterations } = await linearProbe({ train, test, ...settings });
    const name = `linear probe, 60000 rows of ${dimension}`;
    results.push(
      { name, value: (performance.now() - start) / 1000, unit: 's' },
      { name: `${name}: iterations`, value: iterations, unit: '' },
      { name: `${name}: accuracy`, value: accuracy, unit: '' },
    );
  }
  return results;
}
