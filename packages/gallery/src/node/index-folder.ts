/** An index: the folder of a set of embeddings, ready to be searched. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, DataError, ShapeError } from '@kindred/core';
import { writeFolderAtomic } from '@kindred/core/node';
import { checkSameWeights, type Embeddings, type EmbeddingSource, unitRows } from '../embeddings.js';
import { decodeEmbeddings, encodeEmbeddings } from '../embeddings-file.js';
import { nearestRows } from '../nearest.js';
import { bytesOf } from './embeddings-files.js';

/** The version of an index folder. */
const format = 1;
const [aboutFile, rowsFile] = ['index.json', 'embeddings.safetensors'];

/** How an index is made. */
export interface WriteIndexOptions {
  /** The images of the index: those that ids name. Kept in `index.json`, for whoever shows them. */
  readonly images?: string | undefined;
}

/** Whose queries an index is opened for. */
export interface OpenIndexOptions {
  /** What made the queries, if they are not rows of the index. Default: not checked. */
  readonly source?: EmbeddingSource | undefined;
}

/** What is looked for. */
export interface SearchOptions {
  /** How many; 10 by default. Fewer come if there are not so many. */
  readonly k?: number | undefined;
  /** Only images of these classes, by name. */
  readonly classes?: readonly string[] | undefined;
  /** Only images whose id this accepts. */
  readonly accept?: ((id: string) => boolean) | undefined;
}

/** An image that was found. */
export interface SearchResult {
  readonly row: number;
  readonly id: string;
  /** The cosine with the query, −1 to 1. */
  readonly similarity: number;
  /** Its class, where known. */
  readonly class?: string | undefined;
}

/** An index in memory. */
export interface GalleryIndex {
  readonly folder: string;
  /** The embeddings, their rows brought to length 1. */
  readonly embeddings: Embeddings;
  /** The folder of the images, if it is known; ids are paths in it. */
  readonly images?: string | undefined;
  /** The row of an id. @throws ArgumentError if there is none. */
  rowOf(id: string): number;
  /** The images most similar to D numbers, the most similar first. @throws ShapeError, ArgumentError */
  search(query: Float32Array, options?: SearchOptions): SearchResult[];
}

/**
 * Writes an index, whole or not at all: `index.json`, `embeddings.safetensors` with rows of length 1. An index that is there is replaced.
 *
 * @throws DataError for a folder that holds other things, or cannot be written. @throws ArgumentError for embeddings of no image.
 *
 * @example
 * writeIndex instanceof Function; // => true
 */
export async function writeIndex(folder: string, embeddings: Embeddings, { images }: WriteIndexOptions = {}): Promise<void> {
  if (embeddings.ids.length === 0) throw new ArgumentError('writeIndex.embeddings', 'one image or more', 0);
  await checkIndexPlace(folder);
  const rows = { ...embeddings, values: unitRows(embeddings.values, embeddings.dimension) };
  const about = { format, size: rows.ids.length, dimension: rows.dimension, weights: rows.source.weights, ...(images !== undefined && { images }) };
  await writeFolderAtomic(folder, { [aboutFile]: `${JSON.stringify(about, null, 2)}\n`, [rowsFile]: encodeEmbeddings(rows) });
}

/** @throws DataError for a folder that holds anything but an index. */
async function checkIndexPlace(folder: string): Promise<void> {
  const names: string[] = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw new DataError(folder, `cannot be read as a folder (${error.code}).`, 'Choose another name.', error);
  });
  if (names.length > 0 && !names.includes(aboutFile)) throw new DataError(folder, `holds ${names[0]}, and is no index.`, 'Choose a new folder.');
}

/**
 * Opens an index.
 *
 * @throws DataError for a folder that is no index, or damaged. @throws KindredError (`WeightsError`) where `source` is another encoder.
 *
 * @example
 * openIndex instanceof Function; // => true
 */
export async function openIndex(folder: string, { source }: OpenIndexOptions = {}): Promise<GalleryIndex> {
  const about = await readAboutIndex(folder);
  const file = join(folder, rowsFile);
  const embeddings = decodeEmbeddings(await bytesOf(file, 'Make the index again.'), file);
  if (embeddings.ids.length !== about.size || embeddings.dimension !== about.dimension || embeddings.source.weights !== about.weights) {
    throw new DataError(folder, `${rowsFile} is not that of ${aboutFile}.`, 'Make the index again.');
  }
  if (source !== undefined) checkSameWeights(folder, embeddings.source, source);
  const rowById = new Map(embeddings.ids.map((id, row) => [id, row]));
  const { ids, labels, classes, values, dimension } = embeddings;
  return {
    folder,
    embeddings,
    ...(about.images !== undefined && { images: about.images }),
    rowOf(id) {
      const row = rowById.get(id);
      if (row === undefined) throw new ArgumentError(`${folder}: id`, `one of its ${ids.length} ids, ${ids[0]} for example`, id);
      return row;
    },
    search(query, { k = 10, classes: wanted, accept } = {}) {
      if (query.length !== dimension) {
        throw new ShapeError(folder, `the query has ${query.length} numbers, the index is of ${dimension}.`, { remedy: 'Embed the query with the encoder of the index.' });
      }
      const numbers = wanted && classNumbers(folder, embeddings, wanted);
      const takes = (row: number): boolean => (numbers === undefined || numbers.has(labels![row]!)) && (accept === undefined || accept(ids[row]!));
      const { rows, similarities } = nearestRows(values, unitRows(query, dimension), k, takes);
      return Array.from(rows, (row, i) => {
        const label = labels?.[row] ?? -1;
        return { row, id: ids[row]!, similarity: similarities[i]!, ...(label >= 0 && { class: classes?.[label] ?? String(label) }) };
      });
    },
  };
}

function classNumbers(folder: string, { labels, classes }: Embeddings, wanted: readonly string[]): Set<number> {
  if (labels === undefined) throw new ArgumentError(`${folder}: classes`, 'no filter by class: no image of the index has one', wanted);
  const known = classes ?? [...new Set(labels)].filter((label) => label >= 0).map(String);
  return new Set(
    wanted.map((name) => {
      const number = classes === undefined ? (known.includes(name) ? Number(name) : -1) : classes.indexOf(name);
      if (number < 0) throw new ArgumentError(`${folder}: classes`, `one of ${known.slice(0, 20).join(', ')}`, name);
      return number;
    }),
  );
}

interface AboutIndex {
  readonly size: number;
  readonly dimension: number;
  readonly weights: string;
  readonly images?: string;
}

async function readAboutIndex(folder: string): Promise<AboutIndex> {
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
