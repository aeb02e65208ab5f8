/** Flips, top to bottom. */
import { random } from '@kindred/core';
import { tensor4d, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compose, horizontalFlip, randomResizedCrop, verticalFlip } from '../src/index.js';
import { distance, images, onBackends, pixels } from './support.js';

const flip = verticalFlip({ probability: 0.5 });

onBackends(() => {
  test('top and bottom change places, columns and channels stay, and only where it was drawn', () => {
    tidy(() => {
      const two = tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 1, 2]);
      expect([...flip.apply(two, [{ flipped: true }, { flipped: false }]).dataSync()]).toEqual([3, 4, 1, 2, 5, 6, 7, 8]);
    });
  });

  test('with a horizontal flip it is a turn by half a circle', () => {
    const both = compose([horizontalFlip({ probability: 1 }), flip]);
    tidy(() => {
      const turned = both.apply(images([1, 3, 4, 1]), [[{ flipped: true }, { flipped: true }]]);
      expect([...turned.dataSync()]).toEqual([...pixels([1, 3, 4, 1])].reverse());
    });
  });

  test('folded into a crop’s matrices it gives the pixels that it gives after the crop', () => {
    const crop = randomResizedCrop({ area: [0.1, 1], aspect: [1 / 2, 2], output: [6, 5], interpolation: 'bicubic', sampler: 'torchvision' });
    const boxes = Array.from({ length: 8 }, (_, i) => crop.draw(random(i), { height: 9, width: 11 }));
    const flips = boxes.map((_, i) => ({ flipped: i % 3 > 0 }));
    tidy(() => {
      const given = images([8, 9, 11, 3]);
      const fused = compose([crop, flip]).apply(given, boxes.map((box, i) => [box, flips[i]]));
      expect(distance(fused.dataSync(), flip.apply(crop.apply(given, boxes), flips).dataSync())).toBeLessThan(1e-6);
    });
  });
});

test('it is drawn with its probability', () => {
  const drawn = Array.from({ length: 2000 }, (_, i) => verticalFlip({ probability: 0.3 }).draw(random(i), { height: 1, width: 1 }));
  expect(Math.abs(drawn.filter(({ flipped }) => flipped).length / 2000 - 0.3)).toBeLessThan(0.03); // 3 standard deviations
});

test('a probability outside of 0..1 is refused', () => {
  expect(() => verticalFlip({ probability: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: verticalFlip.probability: received -1, expected a probability of 0..1.]`);
});
