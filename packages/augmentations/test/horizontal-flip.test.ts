/** Flips. */
import { random } from '@kindred/core';
import { tensor4d, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compose, horizontalFlip, randomResizedCrop } from '../src/index.js';
import { images, onBackends, pixels } from './support.js';

const flip = horizontalFlip({ probability: 0.5 });

onBackends(() => {
  test('left and right change places, rows and channels stay, and only where it was drawn', () => {
    tidy(() => {
      const two = tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2]);
      expect([...flip.apply(two, [{ flipped: true }, { flipped: false }]).dataSync()]).toEqual([3, 4, 1, 2, 5, 6, 7, 8]);
    });
  });

  test('twice is the image itself, bit for bit', () => {
    tidy(() => {
      const all = [{ flipped: true }, { flipped: true }];
      const twice = flip.apply(flip.apply(images([2, 4, 5, 3]), all), all);
      expect(twice.dataSync()).toEqual(pixels([2, 4, 5, 3]));
    });
  });

  test('folded into a crop’s matrices it gives the pixels that it gives after the crop, bit for bit', () => {
    const crop = randomResizedCrop({ area: [0.1, 1], aspect: [1 / 2, 2], output: [6, 5], interpolation: 'bicubic', sampler: 'torchvision' });
    const boxes = Array.from({ length: 8 }, (_, i) => crop.draw(random(i), { height: 9, width: 11 }));
    const flips = boxes.map((_, i) => ({ flipped: i % 3 > 0 }));
    tidy(() => {
      const given = images([8, 9, 11, 3]);
      const fused = compose([crop, flip]).apply(given, boxes.map((box, i) => [box, flips[i]]));
      expect(fused.dataSync()).toEqual(flip.apply(crop.apply(given, boxes), flips).dataSync());
    });
  });
});

test('it is drawn with its probability', () => {
  const share = (probability: number): number =>
    Array.from({ length: 2000 }, (_, i) => horizontalFlip({ probability }).draw(random(i), { height: 1, width: 1 })).filter(
      ({ flipped }) => flipped,
    ).length / 2000;
  expect(share(0)).toBe(0);
  expect(share(1)).toBe(1);
  expect(Math.abs(share(0.3) - 0.3)).toBeLessThan(0.03); // 3 standard deviations
});

test('a probability outside of 0..1 is refused', () => {
  expect(() => horizontalFlip({ probability: 50 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: horizontalFlip.probability: received 50, expected a probability of 0..1.]`);
});
