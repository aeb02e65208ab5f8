import { expect, test } from 'vitest';
import { noScaling, scaled, standardScaling } from '../src/standardize.js';
import { features } from './support/rows.js';

test('mean and deviation of the population, by dimension', () => {
  const { mean, deviation } = standardScaling(features([[1, 10], [3, 10], [5, 40], [7, 40]]));
  expect([...mean]).toEqual([4, 25]);
  expect([...deviation]).toEqual([Math.sqrt(5), 15]);
});

test('a dimension that never changes keeps deviation 1, also where its mean is no binary fraction', () => {
  const { deviation } = standardScaling(features(Array.from({ length: 1000 }, () => [0.1, 12345.678, 0])));
  expect([...deviation]).toEqual([1, 1, 1]);
});

test('a deviation that is small beside the mean is seen all the same', () => {
  const { deviation } = standardScaling(features([[1000], [1000.001953125]]));
  expect(deviation[0]).toBeCloseTo(0.0009765625, 10);
});

test('scaled copies, and takes the rows asked for', () => {
  const given = features([[1, 2], [3, 4], [5, 6]]);
  const scaling = { mean: Float64Array.of(1, 2), deviation: Float64Array.of(2, 4) };
  expect([...scaled(given, scaling, 1, 3)]).toEqual([1, 0.5, 2, 1]);
  expect([...given.values]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...scaled(given, noScaling(2), 0, 1)]).toEqual([1, 2]);
});
