/** Exact nearest neighbours, by blocks of similarities. */
import { dispose, gather, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { ArgumentError, topKRows } from '@kindred/core';
import { checkFeatures, checkSameDimension, type Features } from './features.js';
import { turn, type Watched } from './progress.js';
import { cosineSpace, euclideanSpace, type NearestRows } from './search-space.js';

/** How near two rows are: the cosine of their angle, or minus their distance. */
export type Similarity = 'cosine' | 'euclidean';

export interface NearestNeighborsOptions extends Watched {
  /** The rows that are searched, `[N, D]`. */
  readonly train: Features;
  /** The rows whose neighbours are wanted, `[M, D]`. */
  readonly test: Features;
  /** Neighbours per row, 1..N. */
  readonly k: number;
  readonly similarity: Similarity;
}

/**
 * The k rows of `train` nearest to each row of `test`, exactly: every pair is compared. Of equally similar rows the first in `train`
 * ranks first. A row that is in both finds itself.
 *
 * Cosines are computed in float32, accurate to about 1e-7. Distances are Σ (a − b)² in float64: products of float32 only narrow down which rows
 * are candidates, allowing for their error, so that rows far from the origin or from one another are distinguished as well.
 *
 * @throws ArgumentError for k outside of 1..N, and for values that are not finite. ShapeError for rows of two lengths.
 *
 * @example
 * const train = { values: Float32Array.of(1, 0, 0, 1), dimension: 2 };
 * const test = { values: Float32Array.of(3, 4), dimension: 2 };
 * (await nearestNeighbors({ train, test, k: 2, similarity: 'cosine' })).similarities; // => [0.8, 0.6]
 */
export async function nearestNeighbors(options: NearestNeighborsOptions): Promise<NearestRows> {
  checkSearch('nearestNeighbors', options);
  return search(options);
}

/**
 * The checks of `nearestNeighbors`, for measures that search under their own name and name their features differently.
 *
 * @returns The rows of `train`.
 */
export function checkSearch(
  where: string,
  { train, test, k, similarity }: NearestNeighborsOptions,
  names: { readonly train: string; readonly test: string } = { train: 'train', test: 'test' },
): number {
  const rows = checkFeatures(where, names.train, train, 'finite');
  if (test !== train) checkFeatures(where, names.test, test, 'finite');
  checkSameDimension(where, train, test, names);
  if (!(Number.isInteger(k) && k >= 1 && k <= rows)) {
    throw new ArgumentError(`${where}.k`, `a whole number of 1..${rows}, the rows of ${names.train}`, k);
  }
  if (similarity !== 'cosine' && similarity !== 'euclidean') {
    throw new ArgumentError(`${where}.similarity`, "'cosine' or 'euclidean'", similarity);
  }
  return rows;
}

/** The neighbours of some rows of `test`. */
export interface NeighborBlock extends NearestRows {
  /** The first of the rows. */
  readonly start: number;
  /** How many there are. */
  readonly count: number;
}

/**
 * `nearestNeighbors`, unchecked.
 *
 * @param atATime Similarities held at a time: 2²⁴ are 64 MiB.
 */
export async function search(options: NearestNeighborsOptions, atATime?: number): Promise<NearestRows> {
  const { test, k } = options;
  const queries = test.values.length / test.dimension;
  const indices = new Int32Array(queries * k);
  const similarities = new Float32Array(queries * k);
  for await (const block of searchBlocks(options, atATime)) {
    indices.set(block.indices, block.start * k);
    similarities.set(block.similarities, block.start * k);
  }
  return { indices, similarities };
}

/** The same, one block of rows at a time, for measures that need not hold all neighbours at once. */
export async function* searchBlocks(options: NearestNeighborsOptions, atATime = 2 ** 24): AsyncGenerator<NeighborBlock> {
  const { train, test, k, similarity, onProgress, signal } = options;
  const rows = train.values.length / train.dimension;
  const queries = test.values.length / test.dimension;
  const height = Math.max(1, Math.min(queries, Math.floor(atATime / rows)));
  const space = similarity === 'cosine' ? cosineSpace(train) : await euclideanSpace(train);
  try {
    for (let start = 0; start < queries; start += height) {
      await turn(signal);
      const end = Math.min(start + height, queries);
      const block = { values: test.values.slice(start * test.dimension, end * test.dimension), dimension: test.dimension };
      const made: Tensor[] = [];
      let found: NearestRows;
      try {
        const products = space.products(block);
        made.push(products);
        const best = topKRows(products, space.candidates(k));
        made.push(best.values, best.indices);
        const [values, indices] = await Promise.all([best.values.data<'float32'>(), best.indices.data<'int32'>()]);
        const all = async (some: readonly number[]): Promise<Float32Array> => {
          if (some.length === 0) return new Float32Array();
          const chosen = tidy(() => gather(products, tensor1d([...some], 'int32')));
          return chosen.data<'float32'>().finally(() => chosen.dispose());
        };
        found = await space.neighbors(block, k, { values, indices, all });
      } finally {
        dispose(made);
      }
      yield { start, count: end - start, ...found };
      onProgress?.(end, queries);
    }
  } finally {
    space.dispose();
  }
}
