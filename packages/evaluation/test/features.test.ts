import { expect, test } from 'vitest';
import { countRows, selectFeatures } from '../src/index.js';
import { features } from './support/rows.js';

const all = { ...features([[1, 2], [3, 4], [5, 6]], [7, 8, 9]), sampleIds: Int32Array.of(10, 20, 30) };

test('rows are counted, not numbers', () => {
  expect(countRows(all)).toBe(3);
});

test('selected rows come in the order asked for, with labels and ids', () => {
  expect(selectFeatures(all, [2, 0, 2])).toEqual({
    values: Float32Array.of(5, 6, 1, 2, 5, 6),
    dimension: 2,
    labels: Int32Array.of(9, 7, 9),
    sampleIds: Int32Array.of(30, 10, 30),
  });
});

test('typed arrays select, too; the rows are copies', () => {
  const one = selectFeatures(all, Int32Array.of(1));
  one.values[0] = 100;
  expect(all.values[2]).toBe(3);
});

test('what has no labels or ids keeps none', () => {
  expect(selectFeatures(features([[1], [2]]), [1])).toEqual({ values: Float32Array.of(2), dimension: 1 });
});

test('says what is wrong', () => {
  expect(() => selectFeatures(all, [])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: selectFeatures.indices: received [], expected at least one row.]`);
  expect(() => selectFeatures(all, [0, 3])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: selectFeatures.indices[1]: received 3, expected a row of 0..2.]`);
  expect(() => selectFeatures(all, [-1])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: selectFeatures.indices[0]: received -1, expected a row of 0..2.]`);
  expect(() => selectFeatures(all, [0.5])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: selectFeatures.indices[0]: received 0.5, expected a row of 0..2.]`);
  expect(() => selectFeatures({ ...all, dimension: 0 }, [0])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: selectFeatures.features.dimension: received 0, expected a whole number above 0.]`);
  expect(() => selectFeatures({ ...all, sampleIds: Int32Array.of(1) }, [0])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: selectFeatures.features.sampleIds.length: received 1, expected 3, one for each row.]`);
});
