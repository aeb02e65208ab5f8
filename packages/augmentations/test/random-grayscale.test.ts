/** Greyscale. */
import { random } from '@kindred/core';
import { squeeze, tensor4d, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { randomGrayscale } from '../src/index.js';
import { distance, images, onBackends, pixels } from './support.js';

const grayscale = randomGrayscale({ probability: 0.2 });

onBackends(() => {
  test('grey is 0.2989 red + 0.587 green + 0.114 blue in every channel, and only where it was drawn', () => {
    tidy(() => {
      const given = tensor4d([0.1, 0.5, 0.9, 0.1, 0.5, 0.9], [2, 1, 1, 3]);
      const result = grayscale.apply(given, [{ gray: true }, { gray: false }]).dataSync();
      const gray = 0.02989 + 0.2935 + 0.1026;
      expect(distance(result, [gray, gray, gray, 0.1, 0.5, 0.9])).toBeLessThan(1e-7);
    });
  });

  test('an image that keeps its colours keeps its bits', () => {
    tidy(() => {
      const result = grayscale.apply(images([2, 3, 5, 3]), [{ gray: false }, { gray: true }]).dataSync();
      expect(result.slice(0, 45)).toEqual(pixels([2, 3, 5, 3]).slice(0, 45));
    });
  });
});

test('it is drawn with its probability', () => {
  const drawn = Array.from({ length: 2000 }, (_, i) => grayscale.draw(random(i), { height: 1, width: 1 }));
  expect(Math.abs(drawn.filter(({ gray }) => gray).length / 2000 - 0.2)).toBeLessThan(0.027); // 3 standard deviations
});

test('messages', () => {
  expect(() => randomGrayscale({ probability: Number.NaN })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: randomGrayscale.probability: received NaN, expected a probability of 0..1.]`);
  tidy(() => {
    expect(() => grayscale.apply(images([1, 2, 2, 4]), [{ gray: true }])).toThrowErrorMatchingInlineSnapshot(`[ShapeError: randomGrayscale: images is [1, 2, 2, 4], expected 1 or 3 channels. Colours are red, green, blue in this order, grey images have one channel.]`);
    expect(() => grayscale.apply(squeeze(images([1, 2, 2, 3]), [0]) as never, [{ gray: true }])).toThrowErrorMatchingInlineSnapshot(`[ShapeError: randomGrayscale: images is [2, 2, 3], expected [N, H, W, C]. A single image needs a first axis of length 1.]`);
  });
});
