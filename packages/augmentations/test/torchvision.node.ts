/** Against torchvision on fixed parameters: golden/views.json, made by golden/views.py. */
import { readFileSync } from 'node:fs';
import { tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  type Augmentation,
  bytesToImages,
  colorJitter,
  type CropBox,
  cutOut,
  gaussianBlur,
  horizontalFlip,
  type JitterRecord,
  randomGrayscale,
  randomResizedCrop,
  rotation,
  solarize,
  verticalFlip,
} from '../src/index.js';
import { jitterByTensors } from '../src/jitter-by-tensors.js';
import { jitterPlan } from '../src/jitter-steps.js';
import { distance, onBackends } from './support.js';

interface Golden {
  readonly height: number;
  readonly width: number;
  readonly pictures: number[][];
  readonly crop: Record<'bilinear' | 'bicubic', { record: CropBox; result: number[] }[]>;
  readonly flip: number[][];
  readonly jitter: { record: JitterRecord; results: number[][] }[];
  readonly grayscale: number[][];
  readonly plainBilinear: { record: CropBox; result: number[] }[];
  readonly verticalFlip: number[][];
  readonly solarize: { threshold: number; results: number[][] }[];
  readonly rotation: { degrees: number; fill: number; results: number[][] }[];
  readonly erase: { box: CropBox; fill: number; results: number[][] }[];
  readonly blur: { kernel: number; record: { sigmaPixels: number }; results: number[][] }[];
}

const golden = JSON.parse(readFileSync(new URL('golden/views.json', import.meta.url), 'utf8')) as Golden;
const shape = [golden.pictures.length, golden.height, golden.width, 3] as const;

/** The worst error of all pictures, taken through `augmentation`, against `expected`. */
function worstError<R>(augmentation: Augmentation<R>, records: R[], expected: number[][]): number {
  return tidy(() => {
    const images = bytesToImages(Uint8Array.from(golden.pictures.flat()), shape);
    return distance(augmentation.apply(images, records).dataSync(), expected.flat());
  });
}

/** The golden numbers have 5 digits; a step of a byte is 4e-3. */
const ROUNDED = 1e-5;
const jitter = colorJitter({ probability: 1, brightness: 1, contrast: 1, saturation: 1, hueTurns: 0.5 });
const each = <T>(value: T): T[] => golden.pictures.map(() => value);

onBackends(() => {
  test.each(['bilinear', 'bicubic'] as const)('a %s crop is torchvision’s antialiased one', (interpolation) => {
    const crop = randomResizedCrop({ area: [0.08, 1], aspect: [3 / 4, 4 / 3], output: [8, 10], interpolation, sampler: 'torchvision' });
    const rows = golden.crop[interpolation];
    expect(worstError(crop, rows.map(({ record }) => record), rows.map(({ result }) => result))).toBeLessThan(ROUNDED);
  });

  test('a bilinear crop without antialiasing is torchvision’s, too', () => {
    const crop = randomResizedCrop({
      area: [0.08, 1], aspect: [3 / 4, 4 / 3], output: [8, 10], interpolation: 'bilinear', sampler: 'torchvision', antialias: false,
    });
    const rows = golden.plainBilinear;
    expect(worstError(crop, rows.map(({ record }) => record), rows.map(({ result }) => result))).toBeLessThan(ROUNDED);
  });

  test('a vertical flip is torchvision’s', () => {
    expect(worstError(verticalFlip({ probability: 1 }), each({ flipped: true }), golden.verticalFlip)).toBeLessThan(ROUNDED);
  });

  test.each(golden.solarize)('solarisation is torchvision’s: from $threshold on', ({ threshold, results }) => {
    expect(worstError(solarize({ probability: 1, threshold }), each({ solarized: true }), results)).toBeLessThan(ROUNDED);
  });

  test.each(golden.erase)('cut-out is torchvision’s erasure: $box.height by $box.width', ({ box, fill, results }) => {
    const erase = cutOut({ probability: 1, area: [0.02, 0.33], aspect: [0.3, 3.3], fill });
    expect(worstError(erase, each({ box }), results)).toBeLessThan(ROUNDED);
  });

  test.each(golden.rotation.filter(({ fill }) => fill === 0))('rotation is torchvision’s: $degrees degrees', ({ degrees, results }) => {
    // torchvision computes where pixels come from in float32: 6e-6 of a pixel, and neighbours differ by up to 1
    expect(worstError(rotation({ probability: 1, degrees: 180, fill: 0 }), each({ degrees }), results)).toBeLessThan(3e-5);
  });

  test.each(golden.rotation.filter(({ fill }) => fill !== 0))(
    'rotation with a fill of $fill is torchvision’s but for the border, which torchvision darkens',
    ({ degrees, fill, results }) => {
      const record = { degrees };
      const made = (value: number): Float32Array =>
        tidy(() => {
          const images = bytesToImages(Uint8Array.from(golden.pictures.flat()), shape);
          return rotation({ probability: 1, degrees: 180, fill: value }).apply(images, each(record)).dataSync<'float32'>().slice();
        });
      const [ours, black] = [made(fill), made(0)];
      const theirs = results.flat();
      // what comes in from outside is fill − 0 there: torchvision's pixels are share · black + (1 − share) · fill
      const expected = ours.map((value, i) => {
        const share = 1 - (value - black[i]!) / fill;
        return share * black[i]! + (1 - share) * fill;
      });
      expect(distance(expected, theirs)).toBeLessThan(3e-5);
      const off = ours.map((value, i) => Math.abs(value - theirs[i]!));
      expect(off.filter((x) => x > 3e-5).length / off.length).toBeLessThan(0.2);
      expect(off.reduce((a, b) => a + b) / off.length).toBeLessThan(0.01); // 7e-3 here: more than 1/255, on images of 14 by 16
    },
  );

  test('a flip is torchvision’s', () => {
    expect(worstError(horizontalFlip({ probability: 1 }), each({ flipped: true }), golden.flip)).toBeLessThan(ROUNDED);
  });

  test.each(golden.jitter.map(({ record, results }) => ({ steps: record.order.join(', '), record, results })))(
    'jitter is torchvision’s: $steps',
    ({ record, results }) => {
      expect(worstError(jitter, each(record), results)).toBeLessThan(ROUNDED);
    },
  );

  test('images of different orders in one batch come out as they would alone', () => {
    const orders = golden.jitter.slice(-3);
    const results = orders.map((row, i) => row.results[i]!);
    expect(worstError(jitter, orders.map(({ record }) => record), results)).toBeLessThan(ROUNDED);
  });

  test('grey is torchvision’s', () => {
    expect(worstError(randomGrayscale({ probability: 1 }), each({ gray: true }), golden.grayscale)).toBeLessThan(ROUNDED);
  });

  test.each(golden.blur)('blur is torchvision’s: kernel $kernel', ({ kernel, record, results }) => {
    const blur = gaussianBlur({ probability: 1, sigmaPixels: [0.1, 2], kernel });
    expect(worstError(blur, each(record), results)).toBeLessThan(ROUNDED);
  });
});

test.each(golden.jitter)('jitter in tensor operations is torchvision’s, too', ({ record, results }) => {
  tidy(() => {
    const images = bytesToImages(Uint8Array.from(golden.pictures.flat()), shape);
    const made = jitterByTensors(images, each(jitterPlan(record, 3, { definitions: 'torchvision', additiveBrightness: false })));
    expect(distance(made.dataSync(), results.flat())).toBeLessThan(ROUNDED);
  });
});
