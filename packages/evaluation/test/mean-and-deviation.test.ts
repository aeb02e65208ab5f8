import { expect, test } from 'vitest';
import { meanAndDeviation } from '../src/index.js';
import golden from './golden/trained-classifiers.json' with { type: 'json' };

test('three values two apart deviate by 2: √((4 + 0 + 4) / 2)', () => {
  expect(meanAndDeviation([1, 3, 5])).toEqual({ mean: 3, deviation: 2 });
});

test('divides by n − 1, as a sample does: two values by 1', () => {
  const { mean, deviation } = meanAndDeviation([0.84, 0.86]);
  expect(mean).toBeCloseTo(0.85, 12);
  expect(deviation).toBeCloseTo(Math.SQRT1_2 * 0.02, 12);
});

test('equals the definition on losses of a fit, in two passes', () => {
  const { losses } = golden.probes[0]!;
  const mean = losses.reduce((sum, loss) => sum + loss) / losses.length;
  const deviation = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (losses.length - 1));
  expect(meanAndDeviation(losses).mean).toBeCloseTo(mean, 12);
  expect(meanAndDeviation(losses).deviation).toBeCloseTo(deviation, 12);
});

test('a single value has no deviation, none no mean', () => {
  expect(meanAndDeviation([0.7])).toEqual({ mean: 0.7, deviation: 0 });
  expect(() => meanAndDeviation([])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: meanAndDeviation.values: received [], expected one finite number or more.]`);
  expect(() => meanAndDeviation([1, NaN])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: meanAndDeviation.values: received [1,null], expected one finite number or more.]`);
});
