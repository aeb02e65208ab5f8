/** Gaussian blur. */
import { random } from '@kindred/core';
import { tensor4d, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gaussianBlur } from '../src/index.js';
import { distance, distributionDistance, images, onBackends, pixels, type Shape } from './support.js';

/** By the textbook: a two-dimensional kernel, mirrored without the edge pixel, in float64. */
function oracle(values: Float32Array, [, height, width, channels]: Shape, sigma: number, radius: number): number[] {
  const at = (index: number, length: number): number => {
    while (index < 0 || index >= length) {
      if (length === 1) return 0;
      index = index < 0 ? -index : 2 * (length - 1) - index;
    }
    return index;
  };
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const total = offsets.flatMap((dy) => offsets.map((dx) => Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma)))).reduce((a, b) => a + b, 0);
  const result: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const dy of offsets) {
          for (const dx of offsets) {
            const value = values[(at(y + dy, height) * width + at(x + dx, width)) * channels + c]!;
            sum += value * Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
          }
        }
        result.push(sum / total);
      }
    }
  }
  return result;
}

onBackends(() => {
  test('a point becomes the kernel: e^(−1/2) beside 1, over their sum', () => {
    const blur = gaussianBlur({ probability: 1, sigmaPixels: [0.1, 2], kernel: 3 });
    tidy(() => {
      const result = blur.apply(tensor4d([0, 0, 1, 0, 0], [1, 1, 5, 1]), [{ sigmaPixels: 1 }]).dataSync();
      const side = Math.exp(-0.5);
      expect(distance(result, [0, side, 1, side, 0].map((x) => x / (1 + 2 * side)))).toBeLessThan(1e-7);
    });
  });

  test('equals a two-dimensional kernel over numbers, also where it is wider than the image', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        fc.double({ min: 0.1, max: 2, noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
        (height, width, sigma, radius) => {
          const shape: Shape = [1, height, width, 2];
          const kernel = radius === undefined ? undefined : 2 * radius + 1;
          const blur = gaussianBlur({ probability: 1, sigmaPixels: [0.1, 2], kernel });
          const result = tidy(() => blur.apply(images(shape), [{ sigmaPixels: sigma }]).dataSync());
          // 2e-6: float32
          expect(distance(result, oracle(pixels(shape), shape, sigma, radius ?? Math.ceil(3 * sigma)))).toBeLessThan(2e-6);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('an image that is not blurred keeps its bits', () => {
    const blur = gaussianBlur({ probability: 0.5, sigmaPixels: [0.1, 2] });
    tidy(() => {
      const result = blur.apply(images([2, 3, 5, 3]), [{ sigmaPixels: 0 }, { sigmaPixels: 2 }]).dataSync();
      expect(result.slice(0, 45)).toEqual(pixels([2, 3, 5, 3]).slice(0, 45));
    });
  });
});

test('σ is uniform over its range, and an image is blurred with the probability given', () => {
  const blur = gaussianBlur({ probability: 0.5, sigmaPixels: [0.1, 2] });
  const drawn = Array.from({ length: 4000 }, (_, i) => blur.draw(random(i), { height: 1, width: 1 }).sigmaPixels);
  const blurred = drawn.filter((sigma) => sigma > 0);
  expect(Math.abs(blurred.length / 4000 - 0.5)).toBeLessThan(0.024); // 3 standard deviations
  expect(distributionDistance(blurred, (x) => (x - 0.1) / 1.9)).toBeLessThan(1.95 / Math.sqrt(blurred.length));
});

test('messages', () => {
  expect(() => gaussianBlur({ probability: 0.5, sigmaPixels: [0, 2] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: gaussianBlur.sigmaPixels: received [0,2], expected [min, max] above 0, min not above max.]`);
  expect(() => gaussianBlur({ probability: 0.5, sigmaPixels: [0.1, 2], kernel: 4 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: gaussianBlur.kernel: received 4, expected an odd whole number. It spans as many pixels to both sides.]`);
});
