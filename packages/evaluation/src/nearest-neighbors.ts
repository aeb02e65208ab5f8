/** Exact nearest neighbours, by blocks of similarities. */
import {
  concat,
  fill,
  matMul,
  mean,
  mul,
  square,
  sub,
  sum,
  type Tensor2D,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import { ArgumentError, l2Normalize, topKRows } from '@kindred/core';
import { checkFeatures, checkSameDimension, type Features } from './features.js';
import { turn, type Watched } from './progress.js';

/** How near two rows are: the cosine of their angle, or minus their distance. */
export type Similarity = 'cosine' | 'euclidean';

export interface NearestNeighborsOptions extends Watched {
  /** What is searched, `[N, D]`. */
  readonly train: Features;
  /** What it is searched for, `[M, D]`. */
  readonly test: Features;
  /** Neighbours a row, 1..N. */
  readonly k: number;
  readonly similarity: Similarity;
}

/** The neighbours of every row of `test`, nearest first. */
export interface Neighbors {
  /** Rows of `train`, `[M, k]`, row-major. */
  readonly indices: Int32Array;
  /** The cosine (−1..1), or minus the Euclidean distance, `[M, k]`: larger is nearer. */
  readonly similarities: Float32Array;
}

/**
 * The k rows of `train` nearest to each row of `test`, exactly: every pair is compared, in float32. Of equally similar
 * rows the first in `train` ranks first. A row that is in both finds itself.
 *
 * Distances come from `|a|² − 2ab + |b|²`, centred on the mean of `train`: good to some 3e-4 of the rows' spread.
 *
 * @throws ArgumentError for k outside of 1..N, and for values that are not finite. ShapeError for rows of two lengths.
 *
 * @example
 * const train = { values: Float32Array.of(1, 0, 0, 1), dimension: 2 };
 * const test = { values: Float32Array.of(3, 4), dimension: 2 };
 * (await nearestNeighbors({ train, test, k: 2, similarity: 'cosine' })).similarities; // => [0.8, 0.6]
 */
export async function nearestNeighbors(options: NearestNeighborsOptions): Promise<Neighbors> {
  checkSearch('nearestNeighbors', options);
  return search(options);
}

/**
 * What `nearestNeighbors` checks, for whoever searches under another name and calls its features otherwise.
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
export interface NeighborBlock extends Neighbors {
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
export async function search(options: NearestNeighborsOptions, atATime?: number): Promise<Neighbors> {
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

/** The same a block of rows at a time, for whoever need not hold all neighbours at once. */
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
      const block = { ...test, values: test.values.slice(start * test.dimension, end * test.dimension) };
      const [best, which] = tidy(() => {
        const scores = matMul(space.queries(block), space.keys, false, true);
        const { values, indices } = topKRows(scores as Tensor2D, k);
        return [values, indices];
      });
      let found: NeighborBlock;
      try {
        const [products, indices] = await Promise.all([best!.data(), which!.data()]);
        found = {
          start,
          count: end - start,
          indices: indices as Int32Array,
          similarities: space.similarities(products as Float32Array, block),
        };
      } finally {
        best!.dispose();
        which!.dispose();
      }
      yield found;
      onProgress?.(end, queries);
    }
  } finally {
    space.dispose();
  }
}

/** Rows mapped so that a plain inner product ranks them. */
interface Space {
  readonly keys: Tensor2D;
  /** Called within a tidy. */
  queries(block: Features): Tensor2D;
  /** Of the best products of each query, `[rows, k]`, the similarities. */
  similarities(products: Float32Array, block: Features): Float32Array;
  dispose(): void;
}

const upload = ({ values, dimension }: Features): Tensor2D => tensor2d(values, [values.length / dimension, dimension]);

function cosineSpace(train: Features): Space {
  const keys = tidy(() => l2Normalize(upload(train)));
  return {
    keys,
    queries: (block) => l2Normalize(upload(block)),
    similarities: (products) => products,
    dispose: () => keys.dispose(),
  };
}

/** `[2a, −1] · [b, |b|²] = 2ab − |b|²` is largest where `|a − b|²` is least. */
async function euclideanSpace(train: Features): Promise<Space> {
  const [centre, keys] = tidy(() => {
    const all = upload(train);
    const middle = mean(all, 0, true);
    const centred = sub(all, middle);
    return [middle, concat([centred, sum(square(centred), 1, true)], 1)];
  }) as [Tensor2D, Tensor2D];
  const middle = await centre.data();
  return {
    keys,
    queries(block) {
      const doubled = mul(sub(upload(block), centre), 2);
      return concat([doubled, fill([doubled.shape[0]!, 1], -1)], 1) as Tensor2D;
    },
    similarities(products, { values, dimension }) {
      const rows = values.length / dimension;
      const k = products.length / rows;
      const similarities = new Float32Array(products.length);
      for (let row = 0; row < rows; row++) {
        let length = 0;
        for (let d = 0; d < dimension; d++) length += (values[row * dimension + d]! - middle[d]!) ** 2;
        for (let i = row * k; i < (row + 1) * k; i++) similarities[i] = -Math.sqrt(Math.max(length - products[i]!, 0));
      }
      return similarities;
    },
    dispose() {
      centre.dispose();
      keys.dispose();
    },
  };
}
