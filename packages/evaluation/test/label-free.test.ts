import { random } from '@kindred/core';
import { abs, add, exp, eye, log, reverse, type Scalar, sub, type Tensor, type Tensor2D, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { alignment, participationRatio, perDimensionDeviation, uniformity } from '../src/index.js';
import { leavingNoTensors, onBackends } from './support/backends.js';

function rows(seed: number, count: number, dimension: number, scale: (d: number) => number = () => 1): number[][] {
  const draws = random(seed);
  return Array.from({ length: count }, () => Array.from({ length: dimension }, (_, d) => scale(d) * (draws.normal() + 0.3)));
}

const unit = (row: readonly number[]): number[] => row.map((x) => x / Math.sqrt(row.reduce((sum, y) => sum + y * y, 0)));
const squaredDistance = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, d) => sum + (x - b[d]!) ** 2, 0);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The value of what `measure` makes of lists of rows; leaves no tensors. */
async function of<T extends Tensor>(measure: (...given: never[]) => T, ...lists: number[][][]): Promise<T extends Scalar ? number : number[]> {
  return leavingNoTensors(() => {
    const given = lists.map((list) => tensor2d(list));
    const result = measure(...(given as never[]));
    const value = result.arraySync();
    for (const tensor of [...given, result]) tensor.dispose();
    return value as T extends Scalar ? number : number[];
  });
}

onBackends('alignment', () => {
  test('right angles are 2 apart, opposites 4, multiples 0', async () => {
    expect(await of(alignment, [[1, 0]], [[0, 3]])).toBeCloseTo(2, 6);
    expect(await of(alignment, [[1, 0], [1, 1]], [[-2, 0], [5, 5]])).toBeCloseTo(2, 6);
    expect(await of(alignment, [[1, 2]], [[2, 4]])).toBeCloseTo(0, 6);
  });

  test('equals the mean over loops', async () => {
    const [a, b] = [rows(1, 30, 6), rows(2, 30, 6)];
    expect(await of(alignment, a, b)).toBeCloseTo(mean(a.map((row, i) => squaredDistance(unit(row), unit(b[i]!)))), 5);
  });
});

onBackends('uniformity', () => {
  test('one direction is 0, orthogonal rows −4, a pair of opposites −8', async () => {
    expect(await of(uniformity, [[1, 1], [2, 2], [3, 3]])).toBeCloseTo(0, 5);
    expect(await of(uniformity, [[1, 0, 0], [0, 2, 0], [0, 0, 3]])).toBeCloseTo(-4, 5);
    expect(await of(uniformity, [[1, 0], [-1, 0]])).toBeCloseTo(-8, 4);
  });

  test('equals the logarithm of the mean over all pairs, in loops', async () => {
    const x = rows(1, 40, 5);
    const pairs = x.flatMap((a, i) => x.slice(i + 1).map((b) => Math.exp(-2 * squaredDistance(unit(a), unit(b)))));
    expect(await of(uniformity, x)).toBeCloseTo(Math.log(mean(pairs)), 4);
  });

  test('one row has no pair', () => {
    const one = eye(1);
    expect(() => uniformity(one)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: uniformity.embeddings: received 1, expected two rows or more.]`);
    one.dispose();
  });
});

onBackends('perDimensionDeviation', () => {
  test('a collapsed encoder has 0 everywhere', async () => {
    for (const value of await of(perDimensionDeviation, [[1, 2], [2, 4], [3, 6]])) expect(value).toBeCloseTo(0, 3);
  });

  test('rows spread evenly over the sphere have a mean square of 1', async () => {
    const draws = random(4);
    const x = Array.from({ length: 500 }, () => Array.from({ length: 8 }, () => draws.normal()));
    const deviations = await of(perDimensionDeviation, x);
    expect(mean(deviations.map((value) => value ** 2))).toBeCloseTo(1, 1);
  });

  test('equals the deviation in loops', async () => {
    const x = rows(1, 25, 4);
    const units = x.map(unit);
    const wanted = [0, 1, 2, 3].map((d) => {
      const column = units.map((row) => row[d]!);
      return 2 * Math.sqrt(mean(column.map((value) => (value - mean(column)) ** 2)));
    });
    (await of(perDimensionDeviation, x)).forEach((value, d) => expect(value).toBeCloseTo(wanted[d]!, 5));
  });
});

onBackends('participationRatio', () => {
  test('is that of rows near the origin where they are far from it', async () => {
    // on a lattice of 1/128, which float32 holds exactly at 1,000 too
    const near = rows(3, 300, 4, (d) => 0.1 * (d + 1)).map((row) => row.map((x) => Math.round(128 * x) / 128));
    const far = near.map((row) => row.map((x) => x + 1000));
    const wanted = await of(participationRatio, near);
    expect(Math.abs((await of(participationRatio, far)) / wanted - 1)).toBeLessThan(1e-5);
  });

  test('a cross of two axes uses 2 dimensions, a line 1, wherever it lies', async () => {
    expect(await of(participationRatio, [[6, 5], [4, 5], [5, 6], [5, 4]])).toBeCloseTo(2, 4);
    expect(await of(participationRatio, [[1, 1, 1], [2, 3, 4], [3, 5, 7]])).toBeCloseTo(1, 4);
  });

  test('variances 1 and 3 use 16 / 10 dimensions', async () => {
    const r = Math.sqrt(3);
    expect(await of(participationRatio, [[1, r], [1, -r], [-1, r], [-1, -r]])).toBeCloseTo(1.6, 5);
  });

  test.each([[60, 5], [5, 60]])('equals the covariance in loops: %i rows of %i', async (count, dimension) => {
    const x = rows(1, count, dimension, (d) => 1 + (d % 5));
    const centre = x[0]!.map((_, d) => mean(x.map((row) => row[d]!)));
    const covariance = centre.map((_, d) => centre.map((__, e) => mean(x.map((row) => (row[d]! - centre[d]!) * (row[e]! - centre[e]!)))));
    const trace = covariance.reduce((sum, row, d) => sum + row[d]!, 0);
    const wanted = trace ** 2 / covariance.flat().reduce((sum, value) => sum + value ** 2, 0);
    expect(await of(participationRatio, x)).toBeCloseTo(wanted, 3);
  });

  test('one point has no dimension', async () => {
    expect(await of(participationRatio, [[1, 2], [1, 2]])).toBe(0);
  });
});

onBackends('measures of what an operation just made, 5 rows of 3', () => {
  // webgl leaves other than zeros past odd edges then, see participation-ratio.ts
  test.each([
    ['alignment', (x: Tensor2D) => alignment(x, reverse(x, 0))],
    ['uniformity', uniformity],
    ['perDimensionDeviation', perDimensionDeviation],
    ['participationRatio', participationRatio],
  ] as const)('%s equals that of the same values uploaded', async (_, measure) => {
    const x = rows(3, 5, 3);
    await leavingNoTensors(() =>
      tidy(() => {
        const made = [measure(sub(add(tensor2d(x), tensor2d([[1, 2, 3]])), tensor2d([[1, 2, 3]]))), measure(exp(log(add(abs(tensor2d(x)), 1))))];
        const uploaded = [measure(tensor2d(x)), measure(tensor2d(x.map((row) => row.map((value) => Math.abs(value) + 1))))];
        made.forEach((value, i) => {
          const wanted = uploaded[i]!.dataSync();
          value.dataSync().forEach((entry, d) => expect(entry).toBeCloseTo(wanted[d]!, 4));
        });
      }),
    );
  });
});

test('shapes that do not fit are named', () => {
  const [a, b] = [zeros([2, 3]), zeros([3, 3])];
  expect(() => alignment(a as never, b as never)).toThrowErrorMatchingInlineSnapshot(`[ShapeError: alignment: b is [3, 3], expected [N, D] = [2, 3] as in a. Take two views of the same samples.]`);
  const flat = zeros([3]);
  for (const measure of [uniformity, perDimensionDeviation, participationRatio]) {
    expect(() => measure(flat as never)).toThrow(/embeddings is \[3\], expected \[N, D\]/);
  }
  for (const tensor of [a, b, flat]) tensor.dispose();
});
