import { random } from '@kindred/core';
import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { nearDuplicates } from '../src/index.js';
import { dot, someRows, unitLists } from './support/rows.js';

test('pairs that share a row are one group, and the similarity of each is that with its nearest', async () => {
  // 0°, 5° and 10° are connected at cos 6°; 90° is alone
  const at = [0, 90, 5, 10].map((degrees) => (degrees * Math.PI) / 180);
  const features = { values: Float32Array.from(at.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])), dimension: 2 };
  const { groups, groupOf, pairs } = await nearDuplicates({ features, threshold: Math.cos((6 * Math.PI) / 180) });
  expect(groups.map(({ rows }) => [...rows])).toEqual([[0, 2, 3]]);
  expect(groups[0]!.similarities[0]).toBeCloseTo(Math.cos((5 * Math.PI) / 180), 6);
  expect([...groupOf]).toEqual([0, -1, 0, 0]);
  expect(pairs).toBe(2);
});

test('finds the components that a breadth-first search over all cosines in float64 finds', async () => {
  for (const threshold of [0.9, 0.97, 0.995]) {
    const features = someRows(3, 120);
    const found = await nearDuplicates({ features, threshold });
    const wanted = componentsByLoops(unitLists(features), threshold);
    expect(found.groups.map(({ rows }) => [...rows])).toEqual(wanted.groups);
    expect(found.pairs).toBe(wanted.pairs);
  }
});

test('pairs across the tiles of the search are found, and it leaves no tensor behind', { timeout: 60_000 }, async () => {
  const [count, dimension] = [6000, 8];
  const draws = random(5);
  const values = Float32Array.from({ length: count * dimension }, () => draws.normal());
  // near copies of another length: the last row of the first tile and the first of the second
  for (const [from, to] of [[1, 5999], [2895, 2896], [17, 3000]] as const) {
    for (let d = 0; d < dimension; d++) values[to * dimension + d] = 3 * values[from * dimension + d]! + 1e-4;
  }
  const before = memory().numTensors;
  const { groups } = await nearDuplicates({ features: { values, dimension }, threshold: 0.999999 });
  expect(groups.map(({ rows }) => [...rows])).toEqual([[1, 5999], [17, 3000], [2895, 2896]]);
  expect(memory().numTensors).toBe(before);
});

test('equal rows are found at a threshold of 1', async () => {
  const { values, dimension } = someRows(1, 40, 7);
  values.copyWithin(39 * dimension, 0, dimension);
  const { groups } = await nearDuplicates({ features: { values, dimension }, threshold: 1 });
  expect(groups.map(({ rows }) => [...rows])).toEqual([[0, 39]]);
});

test('refuses what cannot be compared, and stops when it is told to', async () => {
  const features = { values: Float32Array.of(1, 0, 0, 0), dimension: 2 };
  await expect(nearDuplicates({ features, threshold: 0.9 })).rejects.toThrow(/row 1 is all zeros/);
  await expect(nearDuplicates({ features: someRows(1, 4), threshold: 1.2 })).rejects.toThrow(/nearDuplicates.threshold/);
  await expect(nearDuplicates({ features: { values: Float32Array.of(1, NaN), dimension: 1 }, threshold: 0.9 })).rejects.toThrow(/row 1/);
  await expect(nearDuplicates({ features: someRows(1, 4), threshold: 0.9, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});

function componentsByLoops(rows: readonly number[][], threshold: number): { groups: number[][]; pairs: number } {
  const seen = new Set<number>();
  const groups: number[][] = [];
  let pairs = 0;
  for (let i = 0; i < rows.length; i++) for (let j = i + 1; j < rows.length; j++) if (dot(rows[i]!, rows[j]!) >= threshold) pairs++;
  for (let start = 0; start < rows.length; start++) {
    if (seen.has(start)) continue;
    const queue = [start];
    seen.add(start);
    for (const at of queue) {
      for (let other = 0; other < rows.length; other++) {
        if (seen.has(other) || dot(rows[at]!, rows[other]!) < threshold) continue;
        seen.add(other);
        queue.push(other);
      }
    }
    if (queue.length > 1) groups.push(queue.sort((a, b) => a - b));
  }
  return { groups: groups.sort((a, b) => b.length - a.length || a[0]! - b[0]!), pairs };
}
