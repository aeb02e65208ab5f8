import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { sphericalKMeans } from '../src/index.js';
import { onEveryBackend } from './backends.js';
import { dot, rows, unit } from './support.js';

const flat = (matrix: number[][]): Float32Array => Float32Array.from(matrix.flat());
const unitRows = (seed: number, n: number, d: number): number[][] => rows(seed, n, d).map((row) => unit(row).map(Math.fround));

/** The authors' loop over numbers in float64, from the given centroids. */
function byLoops(data: number[][], start: number[][], iterations: number): { centroids: number[][]; assignments: number[] } {
  let centroids = start;
  for (let iteration = 0; ; iteration++) {
    const assignments = data.map((row) => {
      const cosines = centroids.map((c) => dot(row, c));
      return cosines.indexOf(Math.max(...cosines));
    });
    if (iteration === iterations) return { centroids, assignments };
    centroids = centroids.map((old, k) => {
      const members = data.filter((_, i) => assignments[i] === k);
      return members.length === 0 ? old : unit(old.map((_, d) => members.reduce((sum, row) => sum + row[d]!, 0) / members.length));
    });
  }
}
/** The rows that a stream starts at. */
const startOf = (data: number[][], seed: number, clusters: number): number[][] =>
  [...sphericalKMeans(flat(data), data[0]!.length, { clusters, iterations: 0, random: random(seed) }).centroids].reduce<number[][]>((list, x, i) => {
    if (i % data[0]!.length === 0) list.push([]);
    list.at(-1)!.push(x);
    return list;
  }, []);

onEveryBackend('sphericalKMeans', () => {
  test('equals the algorithm as loops over numbers, whatever the blocks', () => {
    for (const [seed, n, d, clusters, iterations] of [[1, 40, 3, 4, 10], [2, 25, 5, 7, 3], [3, 9, 2, 9, 2], [4, 12, 4, 1, 1]] as const) {
      const data = unitRows(seed, n, d);
      const expected = byLoops(data, startOf(data, seed, clusters), iterations);
      for (const maximumBytes of [2 ** 24, 4 * 7 * (clusters + d), 1]) {
        const found = sphericalKMeans(flat(data), d, { clusters, iterations, random: random(seed), maximumBytes });
        expect([...found.assignments]).toEqual(expected.assignments);
        found.centroids.forEach((x, i) => expect(x).toBeCloseTo(expected.centroids.flat()[i]!, 5));
      }
    }
  });

  test('finds groups that are there', () => {
    const centers = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    const noise = rows(5, 30, 3);
    const data = noise.map((row, i) => unit(row.map((x, d) => 0.1 * x + centers[i % 3]![d]!)));
    // one start may put two centroids in one group: the best of some
    const right = [1, 2, 3, 4, 5].some((seed) => {
      const { assignments } = sphericalKMeans(flat(data), 3, { clusters: 3, iterations: 10, random: random(seed) });
      return new Set([...assignments].map((cluster, i) => `${i % 3} ${cluster}`)).size === 3;
    });
    expect(right).toBe(true);
  });
});

test('it starts at different rows of the data, which the stream alone decides', () => {
  const data = unitRows(6, 20, 3);
  const start = startOf(data, 1, 8).map(String);
  expect(new Set(start).size).toBe(8);
  start.forEach((row) => expect(data.map(String)).toContain(row));
  expect(startOf(data, 1, 8).map(String)).toEqual(start);
  expect(startOf(data, 2, 8).map(String)).not.toEqual(start);
});

test('a cluster that no row chooses keeps its centroid', () => {
  const data = flat([[1, 0], [1, 0], [1, 0]]);
  const { centroids, assignments } = sphericalKMeans(data, 2, { clusters: 2, iterations: 3, random: random(1) });
  expect([[...centroids], [...assignments]]).toEqual([[1, 0, 1, 0], [0, 0, 0]]);
});

test('a cluster whose rows cancel out keeps its centroid, and nothing is NaN', () => {
  const { centroids } = sphericalKMeans(flat([[1, 0], [-1, 0]]), 2, { clusters: 1, iterations: 3, random: random(1) });
  expect(Math.abs(centroids[0]!)).toBe(1);
});

test('the data stay as they were, and no tensor is left', () => {
  const data = flat(unitRows(7, 10, 3));
  const copy = data.slice();
  const before = tf.memory().numTensors;
  sphericalKMeans(data, 3, { clusters: 3, iterations: 4, random: random(1) });
  expect(tf.memory().numTensors).toBe(before);
  expect(data).toEqual(copy);
});

test('messages', () => {
  const few = (options: object) => () => sphericalKMeans(new Float32Array(6), 2, { clusters: 2, iterations: 1, random: random(1), ...options });
  expect(few({ clusters: 4 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sphericalKMeans.rows: received 6, expected at least 4 rows of 2, one a cluster. Take fewer clusters.]`);
  expect(few({ clusters: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sphericalKMeans.clusters: received 0, expected a whole number above 0.]`);
  expect(few({ iterations: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sphericalKMeans.iterations: received -1, expected a whole number of 0 or more.]`);
});
