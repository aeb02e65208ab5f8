/** Against torchvision on fixed parameters: golden/views.json, made by golden/views.py. */
import { readFileSync } from 'node:fs';
import { tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  type Augmentation,
  bytesToImages,
  colorJitter,
  type CropBox,
  gaussianBlur,
  horizontalFlip,
  type JitterRecord,
  randomGrayscale,
  randomResizedCrop,
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
