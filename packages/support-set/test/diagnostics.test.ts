import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { supportSet } from '../src/index.js';
import { ids } from './support/rows.js';

/** Four directions: east, north, west, south. */
const [east, north, west, south] = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const;
const rows = (...list: (readonly number[])[]): tf.Tensor2D => tf.tensor2d(list as number[][]);

test('count purity, self-hits, ages and rows of a lookup worked out by hand', () => {
  const support = supportSet({ capacity: 8, dimension: 2 });
  support.enqueue(rows(east, north), ids(10, 11), ids(0, 1));
  support.enqueue(rows(west, south), ids(12, 13), ids(0, -1));
  support.record(support.search(rows(east, north, west, south, [2, 1])), {
    sampleIds: ids(10, 99, 12, 13, 14),
    labels: ids(0, 0, 0, 1, 0),
  });
  expect(support.diagnostics()).toEqual({
    neighborSimilarity: expect.closeTo((4 + 2 / Math.sqrt(5)) / 5, 6),
    neighborAge: (2 + 2 + 1 + 1 + 2) / 5, // east and north were written one call earlier
    neighborPurity: 3 / 4, // east, west and (2, 1) → east agree, north does not, south's label is unknown
    selfHits: 3 / 5, // 10, 12 and 13
    distinctNeighbors: 4,
    randomNeighbors: 0,
    usedShare: 1,
  });
  expect([...support.entries().hits]).toEqual([2, 1, 1, 1]);
  expect([...support.entries().ages]).toEqual([2, 2, 1, 1]);
});

test('span all recorded lookups since the last enqueue, and survive the enqueue', () => {
  const support = supportSet({ capacity: 8, dimension: 2 });
  expect(support.diagnostics()).toEqual({});
  support.enqueue(rows(east, north), ids(1, 2));
  support.record(support.search(rows(east)));
  support.record(support.search(rows(north)));
  expect(support.diagnostics()).toMatchObject({ distinctNeighbors: 2, usedShare: 1, neighborAge: 1 });
  support.enqueue(rows(west), ids(3));
  expect(support.diagnostics()).toMatchObject({ distinctNeighbors: 2, usedShare: 2 / 3, neighborAge: 1 });
  support.record(support.search(rows(west)));
  expect(support.diagnostics()).toMatchObject({ distinctNeighbors: 1, usedShare: 1, neighborAge: 1 });
});

test('what was not told is absent, not 0', () => {
  const support = supportSet({ capacity: 8, dimension: 2 });
  support.enqueue(rows(east), ids(1));
  support.record(support.search(rows(east)), { labels: ids(3) });
  expect(Object.keys(support.diagnostics()).sort()).toEqual(
    ['distinctNeighbors', 'neighborAge', 'neighborSimilarity', 'randomNeighbors', 'usedShare'],
  );
});

test('the share of random neighbours falls from 1 to 0 as the set fills', () => {
  const support = supportSet({ capacity: 2, dimension: 2, initial: 'random', random: random(1) });
  const random_ = (): unknown => support.diagnostics()['randomNeighbors'];
  support.record(support.search(rows(east, west)));
  expect(random_()).toBe(1);
  expect(support.diagnostics()).not.toHaveProperty('neighborAge');
  support.enqueue(rows(east), ids(1));
  support.record(support.search(rows(east, east)));
  expect(random_()).toBe(0);
});

test('a row written over starts again without hits', () => {
  const support = supportSet({ capacity: 1, dimension: 2 });
  support.enqueue(rows(east), ids(1));
  support.record(support.search(rows(east, east)));
  expect([...support.entries().hits]).toEqual([2]);
  support.enqueue(rows(north), ids(2));
  expect([...support.entries().hits]).toEqual([0]);
});

test('a lookup that is not recorded changes nothing', () => {
  const support = supportSet({ capacity: 4, dimension: 2 });
  support.enqueue(rows(east, north), ids(1, 2));
  const before = [support.state(), support.diagnostics()];
  support.nearest(rows(east, west)).dispose();
  support.search(rows(east), { k: 2 });
  expect([support.state(), support.diagnostics()]).toEqual(before);
});

test('whether every query can be answered depends on the rows, less those of the excluded samples', () => {
  const support = supportSet({ capacity: 4, dimension: 2 });
  expect(support.canAnswer(1)).toBe(false);
  support.enqueue(rows(east, north, west), ids(1, 1, 2));
  expect([1, 3, 4].map((k) => support.canAnswer(k))).toEqual([true, true, false]);
  expect([1, 2].map((k) => support.canAnswer(k, ids(1, 2)))).toEqual([true, false]);
});
