import { expect, test } from 'vitest';
import { holdOut } from '../src/held-out.js';

const labels = Int32Array.from({ length: 100 }, (_, row) => (row < 60 ? 0 : row < 95 ? 1 : row < 97 ? 2 : row < 98 ? 3 : 4));
const count = (rows: Int32Array, label: number): number => rows.filter((row) => labels[row] === label).length;

test('a fifth of every class is set aside; of two rows one, of one row none', () => {
  const { kept, heldOut } = holdOut(labels, 1);
  expect([0, 1, 2, 3, 4].map((label) => count(heldOut, label))).toEqual([12, 7, 1, 0, 1]);
  expect([0, 1, 2, 3, 4].map((label) => count(kept, label))).toEqual([48, 28, 1, 1, 1]);
});

test('every row is in one part, in ascending order', () => {
  const { kept, heldOut } = holdOut(labels, 1);
  expect([...kept, ...heldOut].sort((a, b) => a - b)).toEqual([...labels.keys()]);
  expect(kept).toEqual(kept.toSorted());
  expect(heldOut).toEqual(heldOut.toSorted());
});

test('the seed decides', () => {
  expect(holdOut(labels, 1)).toEqual(holdOut(labels, 1));
  expect(holdOut(labels, 1).heldOut).not.toEqual(holdOut(labels, 2).heldOut);
});

test('the rows set aside are spread over a class, not its first ones', () => {
  const { heldOut } = holdOut(new Int32Array(1000), 3);
  const mean = heldOut.reduce((sum, row) => sum + row, 0) / 200;
  // the mean of 200 of 0..999 deviates by 18
  expect(Math.abs(mean - 499.5)).toBeLessThan(80);
});

test('every class has its own draw', () => {
  const alternating = Int32Array.from({ length: 200 }, (_, row) => row % 2);
  const { heldOut } = holdOut(alternating, 4);
  const places = (label: number): number[] => [...heldOut].filter((row) => row % 2 === label).map((row) => Math.floor(row / 2));
  expect(places(0)).not.toEqual(places(1));
});
