/** What a support set offers. */
import type { Random, Stateful } from '@kindred/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

/** What a query is answered with: its nearest row, or a mean of several. */
export type Neighbors =
  | { readonly kind: 'top-1' }
  /** The mean of the `k` nearest rows, scaled to length 1. */
  | { readonly kind: 'top-k'; readonly k: number }
  /** The mean of the `k` nearest rows weighted by softmax(similarity / temperature), scaled to length 1. */
  | { readonly kind: 'soft'; readonly k: number; readonly temperature: number };

/** How a support set is made. */
export interface SupportSetOptions {
  /** K, how many rows it holds at most. No default: published values run from 4,096 to 98,304. */
  readonly capacity: number;
  /** D, the length of a row. */
  readonly dimension: number;
  /**
   * What it holds at the start. `empty` (the default): nothing, and a lookup before the first `enqueue` is an error.
   * `random`: capacity rows drawn uniformly from the unit sphere, which count as filled, as in the papers. Until
   * capacity rows have been enqueued (65,536 / 256 = 256 steps) some neighbours are then noise; `diagnostics()` reports
   * what share.
   */
  readonly initial?: 'random' | 'empty';
  /** Where random rows come from. Needed for `initial: 'random'`; draws nothing from the stream itself. */
  readonly random?: Random;
  /** The most bytes that a lookup holds at once for its scores and its part of the rows. 16 MiB by default. */
  readonly maximumBytes?: number;
}

/** Which rows a lookup leaves out. */
export interface QueryOptions {
  /** `[N]`: query i takes no row of the sample `excludeSampleIds[i]`. */
  readonly excludeSampleIds?: Int32Array;
}

/** What is known about the queries of a lookup, for the diagnostics. */
export interface RecordOptions {
  /** `[N]`: the samples of the queries. */
  readonly sampleIds?: Int32Array;
  /** `[N]`: the classes of the queries, −1 if unknown. */
  readonly labels?: Int32Array;
}

/** How `nearest` answers. */
export interface NearestOptions extends QueryOptions {
  /** `{ kind: 'top-1' }` by default. */
  readonly neighbors?: Neighbors;
  /** Called with the rows that were found, of which the answer is made; for reports. */
  readonly onFound?: (found: SearchResult) => void;
}

/** How many rows `search` finds. */
export interface SearchOptions extends QueryOptions {
  /** Rows per query, nearest first. 1 by default. */
  readonly k?: number;
}

/** The rows found: those of query i at i·k .. i·k + k − 1, nearest first; the lower row first where two are equal. */
export interface SearchResult {
  readonly k: number;
  /** `[N·k]`, numbers of rows. */
  readonly indices: Int32Array;
  /** `[N·k]`, cosines, −1..1. */
  readonly similarities: Float32Array;
  /** `[N·k]`, the samples that the rows belonged to when they were found; −1 for a random row. */
  readonly sampleIds: Int32Array;
}

/** All that is known about the rows, as copies; entry i belongs to row i. */
export interface SupportSetEntries {
  readonly sampleIds: Int32Array;
  /** −1 where unknown. */
  readonly labels: Int32Array;
  /** In `enqueue` calls: 1 = written by the last one, 0 = by none. */
  readonly ages: Int32Array;
  /** How often the row has been recorded as a neighbour since it was written. */
  readonly hits: Int32Array;
}

/** A first-in-first-out memory of embeddings, made by `supportSet`. */
export interface SupportSet extends Stateful {
  /** K, how many rows it holds at most. */
  readonly capacity: number;
  /** D, the length of a row. */
  readonly dimension: number;
  /** How many rows can be neighbours: 0..K, at once K with `initial: 'random'`. */
  readonly filled: number;
  /**
   * Writes rows over the oldest ones, scaled to length 1 (a row of zeros stays one). A batch that reaches the end goes
   * on at the beginning.
   *
   * @param embeddings `[N, D]`, N ≤ K. Remain the caller's.
   * @param sampleIds `[N]`, the samples' numbers in their dataset.
   * @param labels `[N]`, their classes, −1 where unknown.
   * @throws ShapeError, ArgumentError for more than K rows or lists of another length, DivergenceError for NaN or ∞.
   */
  enqueue(embeddings: Tensor2D, sampleIds: Int32Array, labels?: Int32Array): void;
  /**
   * For each query its nearest row by cosine, or a mean of several. Constants for the gradient: inside a gradient scope
   * nothing flows back to the queries, and nothing of the lookup is kept for the backward pass.
   *
   * @param queries `[N, D]`, of any length.
   * @returns `[N, D]`, rows of length 1.
   * @throws StateError while no row, or fewer than k, can be a neighbour.
   */
  nearest(queries: Tensor2D, options?: NearestOptions): Tensor2D;
  /**
   * The numbers of the k nearest rows of each query. Blocks until they are read.
   *
   * @param queries `[N, D]`, of any length.
   * @throws StateError while no row, or fewer than k, can be a neighbour.
   */
  search(queries: Tensor2D, options?: SearchOptions): SearchResult;
  /**
   * What `nearest` answers with the rows that another set found: for a set that is filled in step with this one, by other embeddings of the same
   * samples. Constants for the gradient.
   *
   * @param found Of a `search` of that set, for as many rows a query as `neighbors` takes.
   * @returns `[N, D]`, rows of length 1.
   * @throws ArgumentError for a row outside of 0..filled − 1, or another number of rows a query.
   */
  answer(found: SearchResult, neighbors?: Neighbors): Tensor2D;
  /** Whether a lookup of `k` rows can be answered for every query, those of the excluded samples left out. */
  canAnswer(k: number, excludeSampleIds?: Int32Array): boolean;
  /**
   * Counts what a lookup found: the hits of the rows, and the numbers of `diagnostics`. Lookups themselves change nothing; a
   * strategy records the one that a step was trained on, once, before it enqueues.
   */
  record(found: SearchResult, query?: RecordOptions): void;
  /**
   * Rows by number, as a copy.
   *
   * @returns `[N, D]`.
   * @throws ArgumentError for a number outside of 0..filled − 1.
   */
  gather(indices: Int32Array): Tensor2D;
  /**
   * All filled rows, `[filled, D]`, in no order: MoCo's negatives. May share the memory of the set: use it before the
   * next `enqueue`, then dispose it.
   */
  rows(): Tensor2D;
  /** What is known about the filled rows. */
  entries(): SupportSetEntries;
  /**
   * Numbers about the lookups recorded since the last `enqueue`, or before it if there has been none since:
   *
   * - `neighborSimilarity`: mean cosine between query and neighbour
   * - `neighborAge`: mean age of the neighbours, in `enqueue` calls; 1 = written by the last call
   * - `neighborPurity`: share of neighbours of the query's class, where both labels are known
   * - `selfHits`: share of neighbours of the query's own sample, where the queries' ids were given
   * - `distinctNeighbors`: how many different rows were chosen
   * - `randomNeighbors`: share of neighbours that no `enqueue` has written
   * - `usedShare`: share of the filled rows that have been a neighbour since they were written
   *
   * A number without a value is absent.
   */
  diagnostics(): Readonly<Record<string, number>>;
  /** Frees the memory. Any other call then throws a StateError. */
  dispose(): void;
}
