import { expect, test } from 'vitest';
import { unitRows } from '../src/index.js';

test('rows are scaled to length 1, in a copy', () => {
  const values = Float32Array.of(3, 4, 0, -2);
  expect(unitRows(values, 2, 'refuse')).toEqual(Float32Array.of(0.6, 0.8, 0, -1));
  expect(values).toEqual(Float32Array.of(3, 4, 0, -2));
});

test('a row of zeros stays, or is refused by its number', () => {
  const values = Float32Array.of(1, 0, 0, 0);
  expect(unitRows(values, 2, 'keep')).toEqual(Float32Array.of(1, 0, 0, 0));
  expect(() => unitRows(values, 2, 'refuse', 'clusters.features.values')).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: clusters.features.values: received 0, expected rows that point somewhere; row 1 is all zeros. Leave it out.]`);
});
