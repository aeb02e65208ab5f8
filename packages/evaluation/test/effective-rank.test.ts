import { random } from '@kindred/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { effectiveRank } from '../src/index.js';
import golden from './golden/measures.json' with { type: 'json' };
import { features } from './support/rows.js';

test('orthogonal rows of one length use as many directions as there are, at any scale', () => {
  expect(effectiveRank(features([[1, 0, 0], [0, 1, 0], [0, 0, 1]]))).toBeCloseTo(3, 12);
  expect(effectiveRank(features([[0, 1e-6], [-1e-6, 0]]))).toBeCloseTo(2, 12);
});

test('singular values 3 and 1 have shares of ¾ and ¼', () => {
  expect(effectiveRank(features([[3, 0, 0], [0, 1, 0]]))).toBeCloseTo(Math.exp(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25))), 12);
});

test('rows on one line have rank 1, rows of zeros 0', () => {
  const line = features(Array.from({ length: 100 }, (_, i) => [i + 1, 2 * i + 2, -i - 1, 0]));
  expect(effectiveRank(line)).toBeCloseTo(1, 6);
  expect(effectiveRank(features([[0, 0], [0, 0]]))).toBe(0);
});

test('rows are not centred: one point away from the origin is a direction', () => {
  expect(effectiveRank(features([[1, 2], [1, 2], [1, 2]]))).toBeCloseTo(1, 6);
});

test.each(golden.ranks.map((found) => ({ ...found, rows: found.values.length / found.dimension })))(
  "$rows rows of $dimension: numpy's singular values say so",
  ({ values, dimension, rank, published }) => {
    const found = effectiveRank({ values: Float32Array.from(values), dimension });
    // the inputs are exact in float32, all sums in float64; squares of singular values lose half of their digits
    expect(Math.abs(found / rank - 1)).toBeLessThan(1e-7);
    // the paper's 1e-7 on each share: −ε log ε = 1.612e-6 of entropy at most for each singular value
    const most = Math.min(values.length / dimension, dimension) * 1.612e-6;
    expect(published / found).toBeGreaterThan(1);
    expect(Math.log(published / found)).toBeLessThan(most);
  },
);

test('a rotation of the space or another order of the rows changes nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.double({ min: 0, max: 6, noNaN: true }), (seed, angle) => {
      const draws = random(seed);
      const rows = Array.from({ length: 9 }, () => [draws.normal(), draws.normal(), draws.normal()]);
      const turned = rows.map(([x, y, z]) => [x! * Math.cos(angle) - y! * Math.sin(angle), x! * Math.sin(angle) + y! * Math.cos(angle), z!]);
      // within 1e-5: the rows are rounded to float32
      expect(effectiveRank(features(turned.reverse()))).toBeCloseTo(effectiveRank(features(rows)), 5);
    }),
    { numRuns: 50 },
  );
});

test('says which row is not finite', () => {
  const rows = features([[1, 2], [3, NaN]]);
  expect(() => effectiveRank(rows)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: effectiveRank.features.values: received NaN, expected finite numbers; row 1 has another at dimension 1. The encoder that made them has diverged, or its input was not a number.]`);
  expect(() => effectiveRank({ values: new Float32Array(0), dimension: 2 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: effectiveRank.features.values.length: received 0, expected a multiple of dimension (2) above 0.]`);
});
