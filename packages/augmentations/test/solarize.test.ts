/** Solarisation. */
import { random } from '@kindred/core';
import { tensor4d, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { solarize } from '../src/index.js';
import { solarizeByTensors } from '../src/solarize.js';
import { distance, images, onBackends, pixels } from './support.js';

const half = solarize({ probability: 0.2, threshold: 0.5 });

onBackends(() => {
  test('values of the threshold and above are inverted, those below stay', () => {
    tidy(() => {
      const result = half.apply(tensor4d([0, 0.25, 0.5, 0.75, 1, 0.49], [1, 1, 2, 3]), [{ solarized: true }]);
      expect(distance(result.dataSync(), [0, 0.25, 0.5, 0.25, 0, 0.49])).toBeLessThan(1e-7);
    });
  });

  test('only the images that were drawn change, and at threshold 0 they are negatives', () => {
    const values = pixels([3, 4, 5, 3]);
    tidy(() => {
      const negative = solarize({ probability: 1, threshold: 0 });
      const result = negative.apply(images([3, 4, 5, 3]), [{ solarized: false }, { solarized: true }, { solarized: false }]).dataSync();
      expect(result.slice(0, 60)).toEqual(values.slice(0, 60));
      expect(distance(result.slice(60, 120), values.slice(60, 120).map((x) => 1 - x))).toBeLessThan(1e-7);
      expect(result.slice(120)).toEqual(values.slice(120));
    });
  });

  test('in tensor operations it is the same, bit for bit', () => {
    const drawn = [{ solarized: false }, { solarized: true }, { solarized: true }];
    tidy(() => {
      const given = images([3, 4, 5, 3]);
      expect(solarizeByTensors(given, drawn, 0.5).dataSync()).toEqual(half.apply(given, drawn).dataSync());
    });
  });
});

test('it is drawn with its probability', () => {
  const drawn = Array.from({ length: 4000 }, (_, i) => half.draw(random(i), { height: 1, width: 1 }).solarized);
  expect(Math.abs(drawn.filter(Boolean).length / 4000 - 0.2)).toBeLessThan(0.019); // 3 standard deviations
});

test('messages', () => {
  expect(() => solarize({ probability: 2, threshold: 0.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: solarize.probability: received 2, expected a probability of 0..1.]`);
  expect(() => solarize({ probability: 0.2, threshold: 128 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: solarize.threshold: received 128, expected a value of 0..1. A byte is divided by 255.]`);
});
