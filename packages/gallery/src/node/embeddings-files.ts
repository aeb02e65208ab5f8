/** Embeddings files in several formats, chosen by suffix. */
import { open, readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { ArgumentError, DataError } from '@kindred/core';
import { writeFileAtomic, writeFilesAtomic } from '@kindred/core/node';
import { checkEmbeddings, type Embeddings } from '../embeddings.js';
import { decodeEmbeddings, field, readAbout } from '../embeddings-file.js';
import { type EmbeddingParts, partsOf } from './embedding-parts.js';
import { decodeNpy, npyHeader } from './npy.js';
import { readParquet, writeParquet } from './parquet.js';

/** The suffixes of embeddings files. */
export const embeddingSuffixes = ['.safetensors', '.npy', '.parquet'] as const;

/** The suffix of an embeddings file. */
export type EmbeddingSuffix = (typeof embeddingSuffixes)[number];

/**
 * Writes embeddings to a file, whole or not at all. The suffix decides the format: `.safetensors` (everything in one file), `.npy` (the numbers; `<file>.json`
 * beside it holds ids, sizes, classes and errors by row), `.parquet` (one row per image, with `error` for those that could not be read).
 *
 * @throws ArgumentError for another suffix. @throws DataError if the file cannot be written.
 *
 * @example
 * writeEmbeddings instanceof Function; // => true
 */
export async function writeEmbeddings(file: string, embeddings: Embeddings): Promise<void> {
  await writeEmbeddingParts(file, partsOf(checkEmbeddings('writeEmbeddings', embeddings)));
}

/** The same for numbers that come in pieces. */
export async function writeEmbeddingParts(file: string, parts: EmbeddingParts): Promise<void> {
  const suffix = suffixOf('writeEmbeddings.file', file);
  const { about, heights, widths, labels } = parts;
  if (suffix === '.safetensors') return writeFileAtomic(file, safetensorsPieces(parts));
  if (suffix === '.npy') {
    const beside = { ...about, heights: Array.from(heights), widths: Array.from(widths), ...(labels && { labels: Array.from(labels) }) };
    return writeFilesAtomic({ [besideNpy(file)]: JSON.stringify(beside), [file]: npyPieces(parts) });
  }
  await writeFileAtomic(file, (path) => writeParquet(path, parts));
}

/**
 * Reads embeddings with the names of their images.
 *
 * @throws DataError for a file that does not exist, is damaged, or holds no names.
 *
 * @example
 * readEmbeddings instanceof Function; // => true
 */
export async function readEmbeddings(file: string): Promise<Embeddings> {
  const suffix = suffixOf('readEmbeddings.file', file);
  const bytes = suffix === '.parquet' ? (await bytesOf(file, remedy, true)) : await bytesOf(file, remedy);
  if (suffix === '.parquet') return checkEmbeddings(file, await readParquet(file));
  if (suffix === '.safetensors') return decodeEmbeddings(bytes, file);
  const { values, rows, columns } = decodeNpy(file, bytes);
  const beside = besideNpy(file);
  const text = Buffer.from(await bytesOf(beside, 'kindred embed writes it beside the .npy file.')).toString('utf8');
  const about = readAbout(beside, text) as ReturnType<typeof readAbout> & { readonly heights?: number[]; readonly widths?: number[]; readonly labels?: number[] };
  const { source, dimension, ids, classes, errors, heights = [], widths = [], labels } = about;
  if (columns !== dimension || rows !== ids.length) throw new DataError(beside, `is of [${ids.length}, ${dimension}], ${basename(file)} of [${rows}, ${columns}].`, 'Write both again.');
  return checkEmbeddings(file, {
    source,
    dimension,
    values,
    ids,
    heights: Int32Array.from(heights),
    widths: Int32Array.from(widths),
    ...(labels && { labels: Int32Array.from(labels) }),
    ...(classes && { classes }),
    errors,
  });
}

const remedy = 'Write it with kindred embed.';
const besideNpy = (file: string): string => `${file}.json`;

/** Like `encodeEmbeddings`, with the numbers in pieces. */
async function* safetensorsPieces({ about, heights, widths, labels, rows }: EmbeddingParts): AsyncGenerator<Uint8Array> {
  const count = about.ids.length;
  let offset = 0;
  const entry = (dtype: string, shape: readonly number[]): unknown => {
    const start = offset;
    offset += shape.reduce((product, length) => product * length, 4);
    return { dtype, shape, data_offsets: [start, offset] };
  };
  const header = {
    __metadata__: { [field]: JSON.stringify(about) },
    embeddings: entry('F32', [count, about.dimension]),
    heights: entry('I32', [count]),
    widths: entry('I32', [count]),
    ...(labels && { labels: entry('I32', [count]) }),
  };
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  start.writeBigUInt64LE(BigInt(start.length - 8));
  text.copy(start, 8);
  yield start;
  for await (const piece of rows()) yield bytesIn(piece);
  for (const list of [heights, widths, labels]) if (list !== undefined) yield bytesIn(list);
}

async function* npyPieces({ about, rows }: EmbeddingParts): AsyncGenerator<Uint8Array> {
  yield npyHeader(about.ids.length, about.dimension);
  for await (const piece of rows()) yield bytesIn(piece);
}

const bytesIn = (values: Float32Array | Int32Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** The bytes of a file; empty if the file only has to exist. @throws DataError */
export async function bytesOf(file: string, remedy: string, onlyThere = false): Promise<Uint8Array> {
  try {
    if (!onlyThere) return await readFile(file);
    await (await open(file, 'r')).close();
    return new Uint8Array();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new DataError(file, code === 'ENOENT' ? 'is not there.' : `cannot be read (${code ?? message}).`, remedy, cause);
  }
}

/** The known suffix of a file. @throws ArgumentError for an unknown one */
export function suffixOf(where: string, file: string): EmbeddingSuffix {
  const suffix = extname(file).toLowerCase() as EmbeddingSuffix;
  if (embeddingSuffixes.includes(suffix)) return suffix;
  throw new ArgumentError(where, `a file that ends in ${embeddingSuffixes.join(', ')}`, file);
}
