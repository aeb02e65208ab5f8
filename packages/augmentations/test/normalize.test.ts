/** Normalisation. */
import { tensor4d, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { normalize } from '../src/index.js';
import { distance, images, onBackends, pixels } from './support.js';

onBackends(() => {
  test('each channel has its own mean and deviation', () => {
    tidy(() => {
      const result = normalize({ mean: [0.5, 0.25], deviation: [0.25, 0.5] }).apply(tensor4d([0, 0, 1, 1], [1, 1, 2, 2]), [null]);
      expect([...result.dataSync()]).toEqual([-2, -0.5, 2, 1.5]);
    });
  });

  test('equals (x − mean) / deviation over numbers', () => {
    const [mean, deviation] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];
    tidy(() => {
      const result = normalize({ mean, deviation }).apply(images([2, 3, 4, 3]), [null, null]).dataSync();
      const expected = Array.from(pixels([2, 3, 4, 3]), (x, i) => (x - mean[i % 3]!) / deviation[i % 3]!);
      expect(distance(result, expected)).toBeLessThan(1e-6);
    });
  });
});

test('messages', () => {
  expect(() => normalize({ mean: [0.5, 0.5], deviation: [0.2] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: normalize.deviation: received [0.2], expected a number above 0 for each mean.]`);
  expect(() => normalize({ mean: [0.5], deviation: [0] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: normalize.deviation: received [0], expected a number above 0 for each mean.]`);
  expect(() => normalize({ mean: [], deviation: [] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: normalize.mean: received [], expected a number for each channel.]`);
  tidy(() => {
    expect(() => normalize({ mean: [0.5], deviation: [0.2] }).apply(images([1, 2, 2, 3]), [null])).toThrowErrorMatchingInlineSnapshot(`[ShapeError: normalize: images is [1, 2, 2, 3], expected 1 channels. Colours are red, green, blue in this order, grey images have one channel.]`);
  });
});
