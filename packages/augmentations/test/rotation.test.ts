/** Rotations. */
import { random } from '@kindred/core';
import { tensor4d, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rotation } from '../src/index.js';
import { rotateByTensors } from '../src/rotation.js';
import { distance, distributionDistance, images, onBackends, pixels, type Shape } from './support.js';

const turn = rotation({ probability: 1, degrees: 180, fill: 0 });

/** By complex numbers, the image continued by `fill`, in float64. */
function oracle(values: Float32Array, [, height, width, channels]: Shape, degrees: number, fill: number): number[] {
  const at = (y: number, x: number, c: number): number =>
    y < 0 || x < 0 || y >= height || x >= width ? fill : values[(y * width + x) * channels + c]!;
  const angle = (-degrees * Math.PI) / 180;
  const result: number[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      // z = right + i · up from the centre; the source is where a turn by −degrees takes it
      const [re, im] = [column - (width - 1) / 2, (height - 1) / 2 - row];
      const x = re * Math.cos(angle) - im * Math.sin(angle) + (width - 1) / 2;
      const y = (height - 1) / 2 - (re * Math.sin(angle) + im * Math.cos(angle));
      const [x0, y0] = [Math.floor(x), Math.floor(y)];
      for (let c = 0; c < channels; c++) {
        const top = at(y0, x0, c) * (1 - x + x0) + at(y0, x0 + 1, c) * (x - x0);
        const bottom = at(y0 + 1, x0, c) * (1 - x + x0) + at(y0 + 1, x0 + 1, c) * (x - x0);
        result.push(top * (1 - y + y0) + bottom * (y - y0));
      }
    }
  }
  return result;
}

onBackends(() => {
  test('a quarter turn counter-clockwise takes the right side to the top', () => {
    tidy(() => {
      const result = turn.apply(tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]), [{ degrees: 90 }]).dataSync();
      expect(distance(result, [3, 6, 9, 2, 5, 8, 1, 4, 7])).toBeLessThan(1e-5);
    });
  });

  test('a turn by an eighth brings in the corners from outside: they are the fill', () => {
    const white = rotation({ probability: 1, degrees: 45, fill: 1 });
    tidy(() => {
      const result = white.apply(tensor4d(new Float32Array(81), [1, 9, 9, 1]), [{ degrees: 45 }]).dataSync();
      expect([result[0], result[8], result[72], result[80]]).toEqual([1, 1, 1, 1]);
      expect(result[40]).toBe(0);
    });
  });

  test('equals bilinear sampling over numbers, whatever the size, the angle and the fill', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (height, width, degrees, fill) => {
          const shape: Shape = [1, height, width, 2];
          const expected = degrees === 0 ? pixels(shape) : oracle(pixels(shape), shape, degrees, fill);
          const filled = rotation({ probability: 1, degrees: 180, fill });
          tidy(() => {
            // 2e-6: float32
            expect(distance(filled.apply(images(shape), [{ degrees }]).dataSync(), expected)).toBeLessThan(2e-6);
            expect(distance(rotateByTensors(images(shape), [{ degrees }], fill).dataSync(), expected)).toBeLessThan(2e-6);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('an image that is not turned keeps its bits', () => {
    tidy(() => {
      const result = turn.apply(images([2, 3, 5, 3]), [{ degrees: 0 }, { degrees: 7 }]).dataSync();
      expect(result.slice(0, 45)).toEqual(pixels([2, 3, 5, 3]).slice(0, 45));
      expect(distance(result.slice(45), pixels([2, 3, 5, 3]).slice(45))).toBeGreaterThan(0.01);
    });
  });
});

test('angles are uniform over ± the largest, and an image is turned with the probability given', () => {
  const seldom = rotation({ probability: 0.5, degrees: 15, fill: 0 });
  const turned = Array.from({ length: 4000 }, (_, i) => seldom.draw(random(i), { height: 1, width: 1 }).degrees).filter((x) => x !== 0);
  expect(Math.abs(turned.length / 4000 - 0.5)).toBeLessThan(0.024); // 3 standard deviations
  expect(distributionDistance(turned, (x) => (x + 15) / 30)).toBeLessThan(1.95 / Math.sqrt(turned.length));
});

test('messages', () => {
  expect(() => rotation({ probability: 1.5, degrees: 15, fill: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: rotation.probability: received 1.5, expected a probability of 0..1.]`);
  expect(() => rotation({ probability: 0.5, degrees: 0, fill: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: rotation.degrees: received 0, expected an angle above 0 and of at most 180 degrees. It is drawn from ± this.]`);
  expect(() => rotation({ probability: 0.5, degrees: 15, fill: NaN })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: rotation.fill: received NaN, expected a value of 0..1. A byte is divided by 255.]`);
});
