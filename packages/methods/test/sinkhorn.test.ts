import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { sinkhorn } from '../src/index.js';
import { onEveryBackend } from './backends.js';
import golden from './golden/sinkhorn.json' with { type: 'json' };
import { rows, tensor } from './support.js';

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);
const codes = (scores: number[][], epsilon: number, iterations: number): number[][] => sinkhorn(tensor(scores), { epsilon, iterations }).arraySync();
const columns = (matrix: number[][]): number[] => matrix[0]!.map((_, k) => sum(matrix.map((row) => row[k]!)));

/** The authors' algorithm with loops over numbers: rows are samples. */
function byLoops(scores: number[][], epsilon: number, iterations: number): number[][] {
  const [n, k] = [scores.length, scores[0]!.length];
  let q = scores.map((row) => row.map((s) => Math.exp(s / epsilon)));
  const total = sum(q.flat());
  q = q.map((row) => row.map((x) => x / total));
  for (let i = 0; i < iterations; i++) {
    const perColumn = columns(q);
    q = q.map((row) => row.map((x, j) => x / perColumn[j]! / k));
    q = q.map((row) => row.map((x) => x / sum(row) / n));
  }
  return q.map((row) => row.map((x) => x * n));
}

onEveryBackend('sinkhorn', () => {
  test.each(golden.cases.map((one, i) => [i, one] as const))('is what the published algorithm gives in numpy, case %i', (_, one) => {
    codes(one.scores, one.epsilon, one.iterations).flat().forEach((x, i) => expect(x).toBeCloseTo(one.codes.flat()[i]!, 5));
  });

  test('equals the algorithm as loops over numbers', () => {
    for (const [seed, n, k, epsilon, iterations] of [[1, 6, 4, 0.5, 3], [2, 4, 9, 0.3, 5], [3, 1, 3, 1, 2], [4, 7, 1, 1, 1]] as const) {
      const scores = rows(seed, n, k);
      const expected = byLoops(scores, epsilon, iterations).flat();
      // float32: exponents up to 10
      codes(scores, epsilon, iterations).flat().forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 5));
    }
  });

  test('every row sums to 1, whatever the scores, also where exp(S / ε) is 0 or ∞ in float32', () => {
    const far = [[900, -900, 0], [-900, 0, 900], [901, -901, 3]];
    for (const result of [codes(rows(5, 8, 5), 0.05, 3), codes(far, 0.05, 3), codes([[1, 1], [1, 1]], 0.05, 3)]) {
      result.forEach((row) => expect(sum(row)).toBeCloseTo(1, 4));
    }
  });

  test('every column comes to sum to N / K', () => {
    for (const [seed, n, k] of [[6, 12, 4], [7, 3, 6], [8, 10, 7]] as const) {
      columns(codes(rows(seed, n, k), 0.5, 100)).forEach((total) => expect(total).toBeCloseTo(n / k, 3));
    }
  });
});

test('samples and prototypes in another order have their codes in that order', () => {
  const scores = rows(9, 4, 3);
  const mixed = [2, 0, 3, 1].map((i) => [1, 2, 0].map((k) => scores[i]![k]!));
  const [plain, moved] = [codes(scores, 0.2, 3), codes(mixed, 0.2, 3)];
  [2, 0, 3, 1].forEach((i, row) => [1, 2, 0].forEach((k, column) => expect(moved[row]![column]!).toBeCloseTo(plain[i]![k]!, 5)));
});

test('a constant added to all scores, or to one sample’s, changes no code', () => {
  const scores = rows(10, 5, 3);
  const plain = codes(scores, 0.2, 20).flat();
  codes(scores.map((row) => row.map((x) => x + 7)), 0.2, 20).flat().forEach((x, i) => expect(x).toBeCloseTo(plain[i]!, 3));
  codes(scores.map((row, n) => row.map((x) => x + (n === 1 ? 1 : 0))), 0.2, 200).flat().forEach((x, i) => expect(x).toBeCloseTo(plain[i]!, 2));
});

test('it leaves one tensor, its result', () => {
  const scores = tensor(rows(11, 5, 3));
  const before = tf.memory().numTensors;
  sinkhorn(scores, { epsilon: 0.05, iterations: 3 });
  expect(tf.memory().numTensors).toBe(before + 1);
});

test('messages', () => {
  const scores = tensor([[1]]);
  expect(() => sinkhorn(scores, { epsilon: 0, iterations: 3 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sinkhorn.epsilon: received 0, expected a number above 0. SwAV takes 0.05.]`);
  expect(() => sinkhorn(scores, { epsilon: 0.05, iterations: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sinkhorn.iterations: received 0, expected a whole number above 0. SwAV takes 3.]`);
  expect(() => sinkhorn(tf.tensor1d([1]) as never, { epsilon: 0.05, iterations: 3 })).toThrowErrorMatchingInlineSnapshot(`[ShapeError: sinkhorn: scores is [1], expected [N, K].]`);
});
