/** An index: a folder with a set of embeddings that can be searched. */
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, DataError, KindredError, ShapeError, unitRows } from '@kindred/core';
import { writeFolderAtomic } from '@kindred/core/node';
import { checkSameWeights, type Embeddings, type EmbeddingSource } from '../embeddings.js';
import { encodeEmbeddings } from '../embeddings-file.js';
import { aboutFile, type AboutIndex, encodeAboutIndex, readAboutIndex } from './index-about.js';
import { acceptedRows, nearestExactly, nearestProbably } from './index-search.js';
import { buildNeighborGraph, loadUsearch, openNeighborGraph, type OpenNeighborGraph, type Usearch } from './neighbor-graph.js';
import { openRowsFile } from './rows-file.js';

const [rowsFile, graphFile] = ['embeddings.safetensors', 'graph.usearch'];

/** How an index is searched. */
export const indexKinds = ['auto', 'exact', 'approximate'] as const;

/**
 * `exact` compares a query with every row. `approximate` walks a graph of near neighbours, which takes long to build and needs the package usearch.
 * `auto` is exact as long as a search takes a fraction of a second.
 */
export type IndexKind = (typeof indexKinds)[number];

/** A query over 262,144 rows of 256 numbers takes about 0.2 s, while building a graph of them takes minutes. */
const exactNumbers = 2 ** 26;

/** How to build an index. */
export interface WriteIndexOptions {
  /** The folder of the images that the ids name. Stored in `index.json` for programs that show them. */
  readonly images?: string | undefined;
  /** How the index will be searched. Default: `auto`. */
  readonly kind?: IndexKind | undefined;
  /** The largest N × D for which `auto` is exact. Default: 2²⁶, which is 262,144 rows of 256. */
  readonly exactUpTo?: number | undefined;
  /** Called with the number of rows in the graph as it grows, if one is built. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Called with a message if `auto` has to make an exact index of many rows. */
  readonly onWarning?: ((text: string) => void) | undefined;
  /** Stops the building of the graph; nothing is written. */
  readonly signal?: AbortSignal | undefined;
}

/** How to open an index. */
export interface OpenIndexOptions {
  /** What made the queries, unless they are rows of the index. Default: not checked. */
  readonly source?: EmbeddingSource | undefined;
  /** Called with a message if an approximate index can only be searched exactly. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** What to search for. */
export interface SearchOptions {
  /** How many results; 10 by default. There are fewer only if fewer images are accepted. */
  readonly k?: number | undefined;
  /** Only images of these classes, by name. */
  readonly classes?: readonly string[] | undefined;
  /** Only images whose ids this function accepts. */
  readonly accept?: ((id: string) => boolean) | undefined;
}

/** An image that was found. */
export interface SearchResult {
  readonly row: number;
  readonly id: string;
  /** The cosine with the query, −1 to 1. */
  readonly similarity: number;
  /** Its class, if known. */
  readonly class?: string | undefined;
}

/** An open index. */
export interface GalleryIndex {
  readonly folder: string;
  /** How it is searched. The similarities are exact in both cases. */
  readonly kind: 'exact' | 'approximate';
  /** What made its embeddings. */
  readonly source: EmbeddingSource;
  /** D, the length of a row. */
  readonly dimension: number;
  /** The ids of its images, by row. */
  readonly ids: readonly string[];
  /** The folder of the images, if known; ids are paths within it. */
  readonly images?: string | undefined;
  /** The row of an id. @throws ArgumentError for an unknown id. */
  rowOf(id: string): number;
  /** The embedding of a row, of length 1. */
  embeddingOf(row: number): Float32Array;
  /** All embeddings, read into memory; the rows have length 1. */
  readEmbeddings(): Embeddings;
  /** The images most similar to D numbers, the most similar first. @throws ShapeError, ArgumentError */
  search(query: Float32Array, options?: SearchOptions): SearchResult[];
}

/**
 * Writes an index, whole or not at all: `index.json`, `embeddings.safetensors` with rows of length 1 and, for an approximate index, `graph.usearch`.
 * An existing index is replaced.
 *
 * @returns How it will be searched.
 * @throws DataError for a folder that holds other things or cannot be written. @throws ArgumentError for embeddings without images.
 * @throws BackendError for `approximate` if the package usearch does not load. @throws The reason that `signal` was aborted with.
 *
 * @example
 * writeIndex instanceof Function; // => true
 */
export async function writeIndex(folder: string, embeddings: Embeddings, options: WriteIndexOptions = {}): Promise<'exact' | 'approximate'> {
  const { images, onProgress, signal } = options;
  if (embeddings.ids.length === 0) throw new ArgumentError('writeIndex.embeddings', 'one image or more', 0);
  await checkIndexPlace(folder);
  const usearch = await usearchFor(embeddings, options);
  const rows = { ...embeddings, values: unitRows(embeddings.values, embeddings.dimension, 'keep') };
  const graph = usearch && (await buildNeighborGraph(usearch, rows.values, rows.dimension, { onProgress, signal }));
  signal?.throwIfAborted();
  const about: AboutIndex = { size: rows.ids.length, dimension: rows.dimension, weights: rows.source.weights, ...(images !== undefined && { images }) };
  if (graph === undefined) {
    await writeFolderAtomic(folder, { [aboutFile]: encodeAboutIndex(about), [rowsFile]: encodeEmbeddings(rows) });
    return 'exact';
  }
  let bytes = 0;
  await writeFolderAtomic(folder, {
    [rowsFile]: encodeEmbeddings(rows),
    async [graphFile](path: string) {
      await graph.save(path);
      bytes = (await stat(path)).size;
    },
    [aboutFile]: (path: string) => writeFile(path, encodeAboutIndex({ ...about, graph: { bytes } })),
  });
  return 'approximate';
}

/** The package that builds graphs, if a graph is to be built. */
async function usearchFor({ ids, values }: Embeddings, { kind = 'auto', exactUpTo = exactNumbers, onWarning }: WriteIndexOptions): Promise<Usearch | undefined> {
  if (kind === 'exact' || (kind === 'auto' && values.length <= exactUpTo)) return undefined;
  try {
    return await loadUsearch();
  } catch (error) {
    if (kind === 'approximate') throw error;
    onWarning?.(`${ids.length.toLocaleString('en')} images will be searched row by row: ${(error as Error).message}`);
    return undefined;
  }
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
 * Opens an index. Ids and classes are read at once, the numbers when they are needed.
 *
 * @throws DataError for a folder that is not an index, or is damaged. @throws KindredError (`WeightsError`) if `source` is another encoder.
 *
 * @example
 * openIndex instanceof Function; // => true
 */
export async function openIndex(folder: string, { source, onWarning }: OpenIndexOptions = {}): Promise<GalleryIndex> {
  const about = await readAboutIndex(folder);
  const file = openRowsFile(join(folder, rowsFile));
  const { ids, dimension, classes } = file.about;
  if (ids.length !== about.size || dimension !== about.dimension || file.about.source.weights !== about.weights) {
    throw new DataError(folder, `${rowsFile} is not that of ${aboutFile}.`, 'Make the index again.');
  }
  if (source !== undefined) checkSameWeights(folder, file.about.source, source);
  const graph = about.graph && (await openGraph(folder, about, onWarning));
  return {
    folder,
    kind: graph === undefined ? 'exact' : 'approximate',
    source: file.about.source,
    dimension,
    ids,
    ...(about.images !== undefined && { images: about.images }),
    rowOf(id) {
      const row = ids.indexOf(id);
      if (row < 0) throw new ArgumentError(`${folder}: id`, `one of its ${ids.length} ids, ${ids[0]} for example`, id);
      return row;
    },
    embeddingOf: (row) => file.take([row]),
    readEmbeddings: () => file.all(),
    search(query, { k = 10, classes: wanted, accept } = {}) {
      if (query.length !== dimension) {
        throw new ShapeError(folder, `the query has ${query.length} numbers, the index is of ${dimension}.`, { remedy: 'Embed the query with the encoder of the index.' });
      }
      const numbers = wanted && classNumbers(folder, { labels: file.labels, classes }, wanted);
      const accepted = acceptedRows(ids, { accept, ...(numbers && { labels: file.labels!, numbers }) });
      const unit = unitRows(query, dimension, 'keep');
      const { rows, similarities } = graph === undefined ? nearestExactly(file, unit, k, accepted) : nearestProbably(file, graph, unit, k, accepted);
      return Array.from(rows, (row, i) => {
        const label = file.labels?.[row] ?? -1;
        return { row, id: ids[row]!, similarity: similarities[i]!, ...(label >= 0 && { class: classes?.[label] ?? String(label) }) };
      });
    },
  };
}

/** The graph of an index; undefined if the package does not load. @throws DataError */
async function openGraph(folder: string, about: AboutIndex, onWarning: ((text: string) => void) | undefined): Promise<OpenNeighborGraph | undefined> {
  const file = join(folder, graphFile);
  // a truncated file must not reach the library, which would read past its end
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  if (size !== about.graph!.bytes) throw new DataError(file, `has ${size} bytes, expected ${about.graph!.bytes}.`, 'Make the index again.');
  try {
    return openNeighborGraph(await loadUsearch(), file, about);
  } catch (error) {
    if (!(KindredError.is(error) && error.name === 'BackendError')) throw error;
    onWarning?.(`the index is searched row by row: ${error.message}`);
    return undefined;
  }
}

function classNumbers(folder: string, { labels, classes }: Pick<Embeddings, 'labels' | 'classes'>, wanted: readonly string[]): Set<number> {
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
