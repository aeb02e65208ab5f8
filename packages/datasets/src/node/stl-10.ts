/** STL-10 from its official binary archive, unpacked once and read from its files. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ArgumentError, DataError, digest, type UniformImageDataset } from '@kindred/core';
import { checkIndices } from '../checks.js';
import { decodeStl10, stl10ImageBytes } from '../stl10.js';
import { type Archive, type ArchiveOptions, locate, whatToPass } from './archive.js';
import { readRecords } from './records.js';
import { unpack } from './unpack.js';

/** `root` is the archive `stl10_binary.tar.gz` (2.6 GB), its folder `stl10_binary`, or a folder that holds either. */
export interface Stl10Options extends ArchiveOptions {
  /** `unlabelled` are 100,000 images of these and other classes, all of label −1; `train+unlabelled` starts with `train`. */
  readonly split: 'train' | 'test' | 'unlabelled' | 'train+unlabelled';
}

const archive: Archive = {
  where: 'stl10',
  name: 'stl-10',
  file: 'stl10_binary.tar.gz',
  folder: 'stl10_binary',
  address: 'http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz',
  md5: '91f7769df0f17e558f3565bffb0c7dfb',
  foreign: /^stl10_matlab/,
  mostBytes: 4 * 2 ** 30, // unlabeled_X.bin is 2.8 GB
};
const parts = {
  train: [{ images: 'train_X.bin', labels: 'train_y.bin' }],
  test: [{ images: 'test_X.bin', labels: 'test_y.bin' }],
  unlabelled: [{ images: 'unlabeled_X.bin' }],
  'train+unlabelled': [{ images: 'train_X.bin', labels: 'train_y.bin' }, { images: 'unlabeled_X.bin' }],
} as const satisfies Record<string, readonly { images: string; labels?: string }[]>;
const members = ['train_X.bin', 'train_y.bin', 'test_X.bin', 'test_y.bin', 'unlabeled_X.bin'];
const classes = ['airplane', 'bird', 'car', 'cat', 'deer', 'dog', 'horse', 'monkey', 'ship', 'truck'] as const;

/**
 * STL-10: 96×96 colour images, 5,000 to train, 8,000 to test and 100,000 without labels. The archive is downloaded once,
 * resumed if it was cut off, checked against its MD5 and unpacked next to itself (3.1 GB); or give it or its folder as
 * `root`. Images stay in their files: only what is read is in memory.
 *
 * @throws DataError if neither archive nor folder is found or reached (the message names the file and its address), or
 *   the content is damaged.
 *
 * @example
 * const train = () => stl10({ split: 'train+unlabelled' }); // downloaded once
 * const test = () => stl10({ split: 'test', root: '/data/stl10_binary' });
 *
 * @see Coates, Ng and Lee 2011, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning"
 */
export async function stl10(options: Stl10Options): Promise<UniformImageDataset> {
  const { split } = options;
  if (!Object.hasOwn(parts, split)) {
    throw new ArgumentError('stl10.split', "'train', 'test', 'unlabelled' or 'train+unlabelled'", split);
  }
  const place = await locate(archive, parts[split][0]!.images, options);
  const folder = place.kind === 'folder' ? place.path : await unpack(archive, place.path, members);
  // one after the other, so that of two damaged ones always the same is named
  const files: Awaited<ReturnType<typeof open>>[] = [];
  for (const part of parts[split]) files.push(await open(folder, part));
  const labels = Int32Array.from(files.flatMap((file) => [...file.labels]));
  const name = `stl-10/${split}`;
  return {
    name,
    size: labels.length,
    channels: 3,
    imageShape: [96, 96, 3],
    labels,
    classes,
    fingerprint: digest(files.flatMap(({ path, size, labels: own }) => [basename(path), size, own])),
    async read(indices) {
      checkIndices(`${name}.read.indices`, indices, labels.length);
      const pixels = indices.length === 0 ? new Uint8Array(0) : decodeStl10(await readRecords('stl10', files, stl10ImageBytes, indices));
      return { pixels, shape: [indices.length, 96, 96, 3] };
    },
  };
}

/** The path of a file of images, how many it holds, and their labels. */
async function open(
  folder: string,
  part: { readonly images: string; readonly labels?: string },
): Promise<{ path: string; size: number; labels: Int32Array }> {
  const path = join(folder, part.images);
  const bytes = (await stat(path).catch((cause: unknown) => missing(folder, part.images, cause))).size;
  const size = bytes / stl10ImageBytes;
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new DataError(
      'stl10',
      `${path} has ${bytes} bytes, expected a multiple of ${stl10ImageBytes}, the length of an image.`,
      `It is cut off: unpack ${archive.file} again.`,
    );
  }
  if (part.labels === undefined) return { path, size, labels: new Int32Array(size).fill(-1) };
  const file = join(folder, part.labels);
  const content = await readFile(file).catch((cause: unknown) => missing(folder, part.labels!, cause));
  // 1..10 in the file, 0..9 here
  const labels = Int32Array.from(content, (byte) => byte - 1);
  const wrong = labels.findIndex((label) => label < 0 || label > 9);
  if (labels.length !== size || wrong >= 0) {
    const what = labels.length === size ? `label ${labels[wrong]! + 1} at byte ${wrong}, expected 1..10` : `${labels.length} labels for ${size} images`;
    throw new DataError('stl10', `${file} has ${what}.`, `It is damaged: unpack ${archive.file} again.`);
  }
  return { path, size, labels };
}

function missing(folder: string, name: string, cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== 'ENOENT') throw new DataError('stl10', `${join(folder, name)} cannot be read (${code}).`, undefined, cause);
  throw new DataError('stl10', `${folder} has no ${name}.`, whatToPass(archive), cause);
}
