import { random } from '@kindred/core';
import { expect, test } from 'vitest';
import type { Features } from '../src/index.js';
import { classify, softmaxObjective, toBlocks } from '../src/softmax-objective.js';
import { noScaling, standardScaling } from '../src/standardize.js';
import { leavingNoTensors, onBackends } from './support/backends.js';
import { clusters, features, listed } from './support/rows.js';

/** J of the docstring, as loops over float64. */
function byLoops(of: Features, labels: Int32Array, classes: number, numbers: Float64Array, lambda: number): number {
  const { dimension } = of;
  const losses = listed(of).map((x, row) => {
    const logits = Array.from({ length: classes }, (_, k) =>
      x.reduce((sum, value, d) => sum + value * numbers[d * classes + k]!, numbers[dimension * classes + k]!),
    );
    const most = Math.max(...logits);
    return most + Math.log(logits.reduce((sum, l) => sum + Math.exp(l - most), 0)) - logits[labels[row]!]!;
  });
  const squares = numbers.subarray(0, dimension * classes).reduce((sum, w) => sum + w * w, 0);
  return (losses.reduce((sum, loss) => sum + loss, 0) + (lambda / 2) * squares) / labels.length;
}

const normals = (seed: number, size: number): Float64Array => {
  const draws = random(seed);
  return Float64Array.from({ length: size }, () => draws.normal());
};

onBackends('softmaxObjective', (backend) => {
  test('zeros cost log K, and pull every class to its rows', async () => {
    const given = features([[1], [3]], [0, 1]);
    await leavingNoTensors(async () => {
      const blocks = toBlocks(given, noScaling(1));
      const objective = softmaxObjective(blocks, given.labels!, 2);
      const { value, gradient } = await objective.evaluate(new Float64Array(4), 7);
      expect(value).toBeCloseTo(Math.log(2), 6);
      // ½ Σ x (½ − [y = k]): (−½ + 3/2) / 2 and its opposite; the biases balance
      expect([...gradient]).toEqual([0.5, -0.5, 0, 0]);
      objective.dispose();
      blocks.dispose();
    });
  });

  // 8,192 rows are one block; the plain JavaScript backend takes seconds for more
  test.each(backend === 'cpu' ? [50] : [50, 8192, 20_000])('value and gradient of %i rows equal the formula in loops', async (count) => {
    const given = clusters(1, count, { dimension: 5, classes: 4 });
    const blocks = toBlocks(given, noScaling(5));
    const objective = softmaxObjective(blocks, given.labels, 4);
    const [numbers, direction] = [normals(2, 24), normals(3, 24)];
    const { value, gradient } = await leavingNoTensors(() => objective.evaluate(numbers, 30));
    const loss = (step: number): number =>
      byLoops(given, given.labels, 4, numbers.map((n, i) => n + step * direction[i]!), 30);
    expect(value).toBeCloseTo(loss(0), 6);
    // float32 logits; the difference quotient of the float64 loops itself is good to 1e-9
    const slope = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
    expect(slope).toBeCloseTo((loss(1e-5) - loss(-1e-5)) / 2e-5, 5);
    for (const i of [0, 7, 19, 20, 23]) {
      const nudged = (by: number): Float64Array => numbers.map((n, j) => (j === i ? n + by : n));
      const partial = (byLoops(given, given.labels, 4, nudged(1e-5), 30) - byLoops(given, given.labels, 4, nudged(-1e-5), 30)) / 2e-5;
      expect(gradient[i]).toBeCloseTo(partial, 5);
    }
    objective.dispose();
    blocks.dispose();
  });

  test('stays finite, and exact, where logits are in the thousands', async () => {
    const given = features([[1000], [-1000], [1000]], [0, 1, 1]);
    const blocks = toBlocks(given, noScaling(1));
    const objective = softmaxObjective(blocks, given.labels!, 2);
    const { value, gradient } = await objective.evaluate(Float64Array.of(2, -2, 0, 0), 0.001);
    expect(value).toBeCloseTo((4000 + 0.004) / 3, 3);
    expect(gradient[0]).toBeCloseTo((1000 + 0.002) / 3, 3);
    objective.dispose();
    blocks.dispose();
  });

  test('classify takes the largest logit, the lowest class of equals', async () => {
    const blocks = toBlocks(features([[1, 0], [0, 1], [0, 0]]), noScaling(2));
    const guesses = await leavingNoTensors(() => classify(blocks, Float64Array.of(0, 1, 0, 2, 0, 0, 0, 0, 0), 3));
    expect([...guesses]).toEqual([1, 0, 0]);
    blocks.dispose();
  });

  test('classify keeps the order of rows over blocks', async () => {
    const signs = Array.from({ length: 8200 }, (_, row) => [row % 3 === 0 ? 1 : -1]);
    const blocks = toBlocks(features(signs), noScaling(1));
    expect(blocks.inputs.map(({ shape }) => shape[0])).toEqual([8192, 8]);
    const guesses = await classify(blocks, Float64Array.of(-1, 1, 0, 0), 2);
    expect([...guesses]).toEqual(signs.map(([sign]) => (sign === 1 ? 1 : 0)));
    blocks.dispose();
  });
});

test('toBlocks scales rows by the statistics given', async () => {
  const given = clusters(4, 30, { offset: 500 });
  const blocks = toBlocks(given, standardScaling(given));
  const columns = (await blocks.inputs[0]!.array()).reduce(
    (sums, row) => row.map((value, d) => [sums[d]![0]! + value / 30, sums[d]![1]! + value ** 2 / 30]),
    Array.from({ length: 4 }, () => [0, 0]),
  );
  for (const [mean, square] of columns) {
    expect(mean).toBeCloseTo(0, 5);
    expect(square).toBeCloseTo(1, 5);
  }
  blocks.dispose();
});
