/** Against torchvision on fixed parameters: golden/views.json, made by golden/views.py. */
import { readFileSync } from 'node:fs';
import { getBackend, setBackend, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
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
const before = getBackend();

/** All pictures through `augmentation`: the mean and the worst error against `expected`. */
function errors<R>(augmentation: Augmentation<R>, records: R[], expected: number[][]): { mean: number; worst: number } {
  const actual = tidy(() => {
    const images: Tensor4D = bytesToImages(Uint8Array.from(golden.pictures.flat()), shape);
    return augmentation.apply(images, records).dataSync();
  });
  const wanted = expected.flat();
  expect(actual).toHaveLength(wanted.length);
  const off = wanted.map((value, i) => Math.abs(value - actual[i]!));
  return { mean: off.reduce((sum, value) => sum + value, 0) / off.length, worst: Math.max(...off) };
}

/** The golden numbers have 5 digits. The field's own measure is 1/255, one step of a byte. */
const ROUNDED = 1e-5;
const each = <T>(value: T): T[] => golden.pictures.map(() => value);

for (const backend of ['tensorflow', 'cpu']) {
  describe(`on ${backend}`, () => {
    test.each(['bilinear', 'bicubic'] as const)('a %s crop is torchvision’s antialiased one', async (interpolation) => {
      await setBackend(backend);
      const crop = randomResizedCrop({
        area: [0.08, 1],
        aspect: [3 / 4, 4 / 3],
        output: [8, 10],
        interpolation,
        sampler: 'torchvision',
      });
      const { record, result } = { record: golden.crop[interpolation].map((row) => row.record), result: golden.crop[interpolation].map((row) => row.result) };
      expect(errors(crop, record, result).worst).toBeLessThan(ROUNDED);
    });

    test('a flip is torchvision’s', async () => {
      await setBackend(backend);
      expect(errors(horizontalFlip({ probability: 1 }), each({ flipped: true }), golden.flip).worst).toBeLessThan(ROUNDED);
    });

    test.each(golden.jitter)('jitter is torchvision’s: $record.order', async ({ record, results }) => {
      await setBackend(backend);
      const jitter = colorJitter({ probability: 1, brightness: 1, contrast: 1, saturation: 1, hueTurns: 0.5 });
      // hue has a kink at grey: where a clip leaves channels equal but for rounding, a turn may differ
      expect(errors(jitter, each(record), results).worst).toBeLessThan(5e-5);
    });

    test('images of different orders in one batch come out as they would alone', async () => {
      await setBackend(backend);
      const orders = golden.jitter.slice(-3);
      const jitter = colorJitter({ probability: 1, brightness: 1, contrast: 1, saturation: 1, hueTurns: 0.5 });
      const records = orders.map(({ record }) => record);
      const results = orders.map(({ results }, i) => results[i]!);
      expect(errors(jitter, records, results).worst).toBeLessThan(5e-5);
    });

    test('grey is torchvision’s', async () => {
      await setBackend(backend);
      expect(errors(randomGrayscale({ probability: 1 }), each({ gray: true }), golden.grayscale).worst).toBeLessThan(ROUNDED);
    });

    test.each(golden.blur)('blur is torchvision’s: kernel $kernel', async ({ kernel, record, results }) => {
      await setBackend(backend);
      const blur = gaussianBlur({ probability: 1, sigmaPixels: [0.1, 2], kernel });
      expect(errors(blur, each(record), results).worst).toBeLessThan(ROUNDED);
    });
  });
}

afterAll(async () => {
  await setBackend(before);
});
