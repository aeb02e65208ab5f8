/** CIFAR-100 from its official binary archive. */
import { ArgumentError, type UniformImageDataset } from '@kindred/core';
import { inMemoryDataset } from '../in-memory.js';
import type { Archive, ArchiveOptions } from './archive.js';
import { cifarFiles } from './cifar-files.js';

/** `root` is the archive `cifar-100-binary.tar.gz` (169 MB), its folder `cifar-100-binary`, or a folder that holds either. */
export interface Cifar100Options extends ArchiveOptions {
  readonly split: 'train' | 'test';
  /** Which classes are `labels`: the 100 fine ones, or the 20 coarse ones. `fine` by default, as published figures are. */
  readonly labels?: 'fine' | 'coarse' | undefined;
}

/** CIFAR-100 with the labels of both kinds; `labels` and `classes` are those that were asked for. */
export interface Cifar100 extends UniformImageDataset {
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** The fine class of every image, 0..99. */
  readonly fineLabels: Int32Array;
  readonly fineClasses: readonly string[];
  /** The superclass of every image, 0..19. */
  readonly coarseLabels: Int32Array;
  readonly coarseClasses: readonly string[];
}

const archive: Archive = {
  where: 'cifar100',
  name: 'cifar-100',
  file: 'cifar-100-binary.tar.gz',
  folder: 'cifar-100-binary',
  address: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
  md5: '03b5dce01913d631647c71ecec9e9cb8',
  foreign: /^cifar-100-(python|matlab)/,
  mostBytes: 256 * 2 ** 20, // train.bin is 153.7 MB
};
const files = { train: ['train.bin'], test: ['test.bin'] } as const;

/**
 * CIFAR-100: 32×32 colour images of 100 classes in 20 superclasses, 50,000 to train and 10,000 to test, in memory (154 MB
 * and 31 MB). The archive is downloaded once, resumed if it was cut off, and checked against its MD5; or give it as
 * `root`. Class names are those of the archive's own lists.
 *
 * @throws DataError if neither archive nor folder is found or reached (the message names the file and its address), or
 *   the content is damaged.
 *
 * @example
 * const train = () => cifar100({ split: 'train' }); // downloaded once
 * const coarse = () => cifar100({ split: 'test', labels: 'coarse', root: '/data/cifar-100-binary.tar.gz' });
 *
 * @see Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"
 */
export async function cifar100(options: Cifar100Options): Promise<Cifar100> {
  const { split, labels = 'fine' } = options;
  if (labels !== 'fine' && labels !== 'coarse') throw new ArgumentError('cifar100.labels', "'fine' or 'coarse'", labels);
  const texts = ['fine_label_names.txt', 'coarse_label_names.txt'];
  const content = await cifarFiles(archive, 'cifar-100', files, options, texts);
  const fineLabels = content.labels;
  const coarseLabels = content.coarseLabels!;
  const [fineClasses, coarseClasses] = content.texts as [readonly string[], readonly string[]];
  const chosen = { fine: { labels: fineLabels, classes: fineClasses }, coarse: { labels: coarseLabels, classes: coarseClasses } }[labels];
  const dataset = inMemoryDataset({ name: `cifar-100/${split}`, images: content.images, imageShape: [32, 32, 3], ...chosen });
  return Object.assign(dataset, { ...chosen, fineLabels, fineClasses, coarseLabels, coarseClasses });
}
