/** Retrieval: whether a search by embedding finds the query's own class. */
import { ArgumentError } from '@kindred/core';
import { checkLabels, checkSeveralClasses, classSizes, type Features } from './features.js';
import { checkSearch, type NeighborBlock, searchBlocks, type Similarity } from './nearest-neighbors.js';
import { otherNeighborBlocks } from './other-neighbors.js';
import type { Watched } from './progress.js';

export interface RetrievalOptions extends Watched {
  /** The queries, with labels. */
  readonly queries: Features;
  /** The rows that are searched, with labels. Default: the queries themselves, each without itself. */
  readonly references?: Features | undefined;
  /** Each K of recall@K. */
  readonly recallAt: readonly number[];
  readonly similarity: Similarity;
}

export interface RetrievalResult {
  /** recall@K by K: the share of queries with at least one reference of their class among the K nearest, 0..1. */
  readonly recallAt: Readonly<Record<string, number>>;
  /** Mean average precision at R, 0..1. */
  readonly mapAtR: number;
  /** The share of the R nearest that have the query's class, 0..1. */
  readonly precisionAtR: number;
  /** Queries that count: those whose class has a reference. */
  readonly queries: number;
}

/**
 * recall@K, mAP@R and R-precision of a search by embedding. R is the number of references of the query's class:
 *
 *     mAP@R = mean over queries of 1/R Σ_{i=1..R} precision(i) · [the i-th nearest is of the query's class]
 *
 * mAP@R considers the ranking as a whole, whereas recall@K needs only one hit. A query whose class has no reference is
 * not counted. Of equally similar references the first ranks first. Only the rankings of some queries are held at a time.
 *
 * @throws ArgumentError for K outside of the references, values that are not finite, labels that are missing or, of the
 * references, of one class, or no query whose class has a reference. ShapeError for rows of two lengths.
 *
 * @example
 * const queries = { values: Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9), dimension: 2, labels: Int32Array.of(0, 0, 1, 1) };
 * const found = await retrieval({ queries, recallAt: [1], similarity: 'cosine' });
 * [found.recallAt['1'], found.mapAtR]; // => [1, 1]
 *
 * @see Musgrave et al. 2020, "A Metric Learning Reality Check", section 3.2
 */
export async function retrieval(options: RetrievalOptions): Promise<RetrievalResult> {
  const { queries, references, recallAt, similarity, onProgress, signal } = options;
  const { wanted, known, relevant } = read(options);
  const k = relevant.reduce((deepest, count) => Math.max(deepest, count), Math.max(...recallAt));
  const watched = { similarity, onProgress, signal };
  // a block at a time: with 6,000 per class among 60,000 all rankings would take gigabytes
  const blocks = references === undefined
    ? otherNeighborBlocks({ features: queries, k, ...watched })
    : searchBlocks({ train: references, test: queries, k, ...watched });
  const recalled = recallAt.map(() => 0);
  let [averagePrecisions, precisions, counted] = [0, 0, 0];
  for await (const block of blocks) {
    for (let row = 0; row < block.count; row++) {
      const depth = relevant[block.start + row]!;
      if (depth === 0) continue;
      const { hits, first, precision } = rank(block, row * k, (row + 1) * k, depth, (index) => known[index] === wanted[block.start + row]);
      averagePrecisions += precision / depth;
      precisions += hits / depth;
      recallAt.forEach((place, at) => void (recalled[at]! += first <= place ? 1 : 0));
      counted++;
    }
  }
  return {
    recallAt: Object.fromEntries(recallAt.map((place, at) => [place, recalled[at]! / counted])),
    mapAtR: averagePrecisions / counted,
    precisionAtR: precisions / counted,
    queries: counted,
  };
}

/** The hits of one ranking among its first `depth`, the sum of their precisions, and the place of the first hit at any depth. */
function rank({ indices }: NeighborBlock, from: number, to: number, depth: number, isHit: (index: number) => boolean): { hits: number; first: number; precision: number } {
  let [hits, first, precision] = [0, Infinity, 0];
  for (let i = from; i < to; i++) {
    const place = i - from + 1;
    if (place > depth && first < Infinity) break;
    if (!isHit(indices[i]!)) continue;
    first = Math.min(first, place);
    if (place > depth) break;
    hits++;
    precision += hits / place;
  }
  return { hits, first, precision };
}

/** The classes of both sides, and R of every query. */
function read({ queries, references, recallAt, similarity }: RetrievalOptions): { wanted: Int32Array; known: Int32Array; relevant: number[] } {
  const [among, name, own] = references === undefined ? [queries, 'queries', 1] as const : [references, 'references', 0] as const;
  const most = checkSearch('retrieval', { train: among, test: queries, k: 1, similarity }, { train: name, test: 'queries' }) - own;
  const wanted = checkLabels('retrieval', 'queries', queries, Infinity);
  const known = checkLabels('retrieval', name, among, Infinity);
  checkSeveralClasses('retrieval', name, known);
  const wrong = recallAt.find((k) => !(Number.isInteger(k) && k >= 1 && k <= most));
  if (recallAt.length === 0 || wrong !== undefined) {
    throw new ArgumentError('retrieval.recallAt', `whole numbers of 1..${most}, the references of a query`, wrong ?? recallAt);
  }
  const sizes = classSizes(known);
  const relevant = Array.from(wanted, (label) => Math.max(0, (sizes.get(label) ?? 0) - own));
  if (relevant.every((count) => count === 0)) {
    const some = [...new Set(wanted)].slice(0, 5);
    throw new ArgumentError('retrieval.queries.labels', own === 1 ? 'a class of two rows or more' : 'a class that references have', some);
  }
  return { wanted, known, relevant };
}
