/** Embeddings as files, by suffix. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { ArgumentError, DataError } from '@kindred/core';
import { writeFileAtomic } from '@kindred/core/node';
import type { Embeddings } from '../embeddings.js';
import { decodeEmbeddings, encodeEmbeddings } from '../embeddings-file.js';

/** The suffixes of files that hold embeddings. */
export const embeddingSuffixes = ['.safetensors'] as const;

/**
 * Writes embeddings to a file, whole or not at all. Its suffix says how.
 *
 * @throws ArgumentError for another suffix. @throws DataError where it cannot be written.
 *
 * @example
 * writeEmbeddings instanceof Function; // => true
 */
export async function writeEmbeddings(file: string, embeddings: Embeddings): Promise<void> {
  suffixOf('writeEmbeddings.file', file);
  await writeFileAtomic(file, encodeEmbeddings(embeddings));
}

/**
 * Reads embeddings with the names of their images.
 *
 * @throws DataError for a file that is not there, is damaged, or holds no names.
 *
 * @example
 * readEmbeddings instanceof Function; // => true
 */
export async function readEmbeddings(file: string): Promise<Embeddings> {
  suffixOf('readEmbeddings.file', file);
  return decodeEmbeddings(await bytesOf(file, 'Write it with kindred embed.'), file);
}

/** The bytes of a file. @throws DataError */
export async function bytesOf(file: string, remedy: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new DataError(file, code === 'ENOENT' ? 'is not there.' : `cannot be read (${code ?? message}).`, remedy, cause);
  }
}

/** The suffix of a file, one of those that are known. @throws ArgumentError */
export function suffixOf(where: string, file: string): (typeof embeddingSuffixes)[number] {
  const suffix = extname(file).toLowerCase() as (typeof embeddingSuffixes)[number];
  if (embeddingSuffixes.includes(suffix)) return suffix;
  throw new ArgumentError(where, `a file that ends in ${embeddingSuffixes.join(', ')}`, file);
}
