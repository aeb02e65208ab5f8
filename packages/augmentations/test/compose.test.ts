/** Compositions. */
import { random } from '@kindred/core';
import { memory, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  type Augmentation,
  colorJitter,
  compose,
  gaussianBlur,
  horizontalFlip,
  randomGrayscale,
  randomResizedCrop,
} from '../src/index.js';
import { distance, images, onBackends } from './support.js';

const size = { height: 12, width: 10 };
const crop = (interpolation: 'bilinear' | 'bicubic') =>
  randomResizedCrop({ area: [0.1, 1], aspect: [3 / 4, 4 / 3], output: [6, 7], interpolation, sampler: 'torchvision' });
const flip = horizontalFlip({ probability: 0.5 });
const jitter = colorJitter({ probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.1 });
const gray = randomGrayscale({ probability: 0.5 });
const blur = gaussianBlur({ probability: 0.8, sigmaPixels: [0.1, 2] });

onBackends(() => {
  test.each<[string, Augmentation[]]>([
    ['crop, flip', [crop('bilinear'), flip]],
    ['flip, crop', [flip, crop('bicubic')]],
    ['crop, flip, blur', [crop('bilinear'), flip, blur]],
    ['a clipped crop, flip, blur', [crop('bicubic'), flip, blur]],
    ['a clipped crop, blur, flip', [crop('bicubic'), blur, flip]],
    ['blur, crop', [blur, crop('bilinear')]],
    ['crop, crop', [crop('bicubic'), crop('bicubic')]],
    ['crop, flip, jitter, grey, blur', [crop('bilinear'), flip, jitter, gray, blur]],
    ['blur, flip, grey, crop, flip', [blur, flip, gray, crop('bilinear'), flip]],
  ])('%s: as one and one after the other give the same pixels', (_, parts) => {
    const whole = compose(parts);
    const records = Array.from({ length: 5 }, (_, i) => whole.draw(random(i), size));
    tidy(() => {
      const given = images([5, 12, 10, 3]);
      const apart = parts.reduce((now, part, k) => part.apply(now, records.map((record) => record[k])), given);
      expect(distance(whole.apply(given, records).dataSync(), apart.dataSync())).toBeLessThan(2e-6);
    });
  });

  test('no tensor of a part’s matrices is left', () => {
    const whole = compose([crop('bicubic'), flip, blur, flip]);
    const given = images([3, 12, 10, 3]);
    const before = memory().numTensors;
    whole.apply(given, [0, 1, 2].map((i) => whole.draw(random(i), size))).dispose();
    expect(memory().numTensors).toBe(before);
    given.dispose();
  });
});

test('a part draws for the size that the part before it leaves', () => {
  const sizes: unknown[] = [];
  const spy: Augmentation<null> = { name: 'spy', draw: (_, given) => (sizes.push(given), null), apply: (x) => x.clone() };
  const whole = compose([spy, crop('bilinear'), spy]);
  whole.draw(random(1), size);
  expect(sizes).toEqual([size, { height: 6, width: 7 }]);
  expect(whole.outputSize!(size)).toEqual({ height: 6, width: 7 });
});

test('one part more or less changes no other part’s draws', () => {
  const all = compose([crop('bilinear'), flip, jitter, gray]).draw(random(5), size);
  const some = compose([crop('bilinear'), jitter]).draw(random(5), size);
  expect(some).toEqual([all[0], all[2]]);
});

test('two parts of one name draw apart', () => {
  const two = compose([jitter, jitter]).draw(random(5), size);
  expect(two[0]).not.toEqual(two[1]);
});
