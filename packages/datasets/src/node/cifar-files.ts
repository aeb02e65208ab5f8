/** The record files of a CIFAR archive, decoded and joined. */
import { ArgumentError, DataError } from '@kindred/core';
import { type CifarContent, type CifarKind, decodeCifar } from '../cifar.js';
import { type Archive, type ArchiveOptions, locate, member, readMembers } from './archive.js';

/** The files of each split. */
export type CifarFiles = Readonly<Record<'train' | 'test', readonly string[]>>;

/** The images of a split, and other files of the archive as text. */
export interface CifarSplit extends CifarContent {
  /** The lines of each file that was asked for as `texts`, empty ones left out. */
  readonly texts: readonly (readonly string[])[];
}

/**
 * @param texts Names of text files to read along with the split's records.
 * @throws DataError if neither archive nor folder is found or reached, or a file is missing or damaged.
 */
export async function cifarFiles(
  archive: Archive,
  kind: CifarKind,
  files: CifarFiles,
  options: ArchiveOptions & { readonly split: 'train' | 'test' },
  texts: readonly string[] = [],
): Promise<CifarSplit> {
  const { where } = archive;
  if (!Object.hasOwn(files, options.split)) throw new ArgumentError(`${where}.split`, "'train' or 'test'", options.split);
  const names = files[options.split];
  const place = await locate(archive, names[0]!, options);
  const content = await readMembers(archive, place, [...names, ...texts]);
  const bytes = (name: string): Uint8Array => member(archive, place, content, name);

  const parts = names.map((name) => {
    try {
      return decodeCifar(bytes(name), kind);
    } catch (cause) {
      if ((cause as DataError).where !== 'decodeCifar') throw cause;
      const message = (cause as Error).message.replace(/^decodeCifar: /, '');
      throw new DataError(where, `${name} of ${place.path}: ${message}`, undefined, cause);
    }
  });
  return {
    images: joined(Uint8Array, parts.map((part) => part.images)),
    labels: joined(Int32Array, parts.map((part) => part.labels)),
    ...(parts[0]!.coarseLabels && { coarseLabels: joined(Int32Array, parts.map((part) => part.coarseLabels!)) }),
    texts: texts.map((name) => new TextDecoder().decode(bytes(name)).split('\n').map((line) => line.trim()).filter(Boolean)),
  };
}

/** One array of several, in their order. */
export function joined<A extends Uint8Array | Int32Array>(kind: new (length: number) => A, parts: readonly A[]): A {
  if (parts.length === 1) return parts[0]!;
  const all = new kind(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
