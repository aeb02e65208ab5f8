/** `index.json`: the description of an index folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '@kindred/core';
import { bytesOf } from './embeddings-files.js';

/** The format version of an index folder. */
const format = 1;

/** The file that marks a folder as an index. */
export const aboutFile = 'index.json';

/** The file's contents. */
export interface AboutIndex {
  readonly size: number;
  readonly dimension: number;
  readonly weights: string;
  readonly images?: string;
  /** For an approximate index: the size of its graph file in bytes. */
  readonly graph?: { readonly bytes: number };
}

/** The text of the file. */
export const encodeAboutIndex = (about: AboutIndex): string => `${JSON.stringify({ format, ...about }, null, 2)}\n`;

/** Reads the file. @throws DataError for a folder that is not an index, or has another version. */
export async function readAboutIndex(folder: string): Promise<AboutIndex> {
  const file = join(folder, aboutFile);
  if (!existsSync(folder)) throw new DataError(folder, 'is not there.', 'Make it with kindred index.');
  if (!existsSync(file)) throw new DataError(folder, `is no index: it has no ${aboutFile}.`, 'Make one with kindred index.');
  const bytes = await bytesOf(file, 'Make the index again.');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new DataError(file, 'is not JSON.', 'Make the index again.', cause);
  }
  const about = (typeof value === 'object' && value !== null ? value : {}) as AboutIndex & { readonly format?: number };
  if (about.format !== format) throw new DataError(file, `is of format ${String(about.format)}, expected ${format}.`, 'Make the index again with this version of Kindred.');
  return about;
}
