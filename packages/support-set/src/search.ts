/** The k nearest rows of each query, block by block. */
import { DivergenceError, matrixProduct, topKRows, valuesOf } from '@kindred/core';
import {
  concat,
  fill,
  gather,
  reshape,
  slice,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
  where,
} from '@tensorflow/tfjs-core';
import type { SearchResult } from './contract.js';

/** Rows by number; the ledger knows which samples they belong to. */
export type FoundRows = Omit<SearchResult, 'sampleIds'>;

/** For each query, the rows that it must not take; a query that may take all is absent. */
export type Excluded = ReadonlyMap<number, readonly number[]>;

/** The best rows of one block, for all queries or for some. */
interface Piece {
  readonly queries?: readonly number[];
  /** The queries that another piece of the block answers. */
  readonly masked: ReadonlySet<number>;
  /** `[queries, k]` each; indices count from `start`. */
  readonly values: Tensor2D;
  readonly indices: Tensor2D;
  readonly start: number;
}

/** A score below every cosine: the row is excluded. */
const never = -4;

/** Blocks are whole multiples of this if they are that large: there `topKRows` is fastest. */
export const run = 128;

/**
 * The k rows, out of the first `filled`, with the largest product with each query. No more than one block's scores are
 * held at a time. At least k rows must be left for each query.
 *
 * @param queries `[N, D]`, rows of length 1.
 * @param rows `[K, D]`, rows of length 1.
 */
export function searchRows(
  queries: Tensor2D,
  rows: Tensor2D,
  filled: number,
  k: number,
  blockRows: number,
  excluded: Excluded,
): FoundRows {
  const pieces: Piece[] = [];
  for (let start = 0; start < filled; start += blockRows) {
    pieces.push(...searchBlock(queries, rows, start, Math.min(blockRows, filled - start), k, excluded));
  }
  return merge(pieces, queries.shape[0], k);
}

function searchBlock(
  queries: Tensor2D,
  rows: Tensor2D,
  start: number,
  length: number,
  k: number,
  excluded: Excluded,
): Piece[] {
  const here = [...excluded].flatMap(([query, list]) => {
    const inside = list.filter((row) => row >= start && row < start + length);
    return inside.length > 0 ? [{ query, inside }] : [];
  });
  const columns = Math.min(k, length);
  const pieces: Piece[] = [];
  tidy(() => {
    const block: Tensor2D = slice(rows, [start, 0], [length, -1]);
    const scores = matrixProduct(queries, block, false, true); // [N, length]
    const some = here.map(({ query }) => query);
    pieces.push({ ...topKRows(scores, columns), masked: new Set(some), start });
    if (here.length > 0) {
      // masks a copy of these queries' scores only: they are few, and a mask for all queries would be as large as the scores
      const mask = new Uint8Array(here.length * length);
      here.forEach(({ inside }, i) => inside.forEach((row) => (mask[i * length + row - start] = 1)));
      const masked = where(
        tensor2d(mask, [here.length, length], 'bool'),
        fill([here.length, length], never),
        gather(scores, tensor1d(some, 'int32')),
      ) as Tensor2D;
      pieces.push({ ...topKRows(masked, columns), queries: some, masked: new Set(), start });
    }
    return pieces.flatMap(({ values, indices }) => [values, indices]);
  });
  return pieces;
}

/** The best k of all blocks. Blocks come in the order of their rows, so that the lower row stays first in a tie. */
function merge(pieces: readonly Piece[], count: number, k: number): FoundRows {
  const similarities = new Float32Array(count * k).fill(-Infinity);
  const indices = new Int32Array(count * k).fill(-1);
  // one transfer for each, however many blocks
  const together = (part: 'values' | 'indices'): Tensor => concat(pieces.map((piece) => reshape(piece[part], [-1])));
  const values = valuesOf(() => together('values'));
  const columns = valuesOf<Int32Array>(() => together('indices'));
  let from = 0;
  for (const piece of pieces) {
    const [height, width] = piece.values.shape;
    for (let i = 0; i < height; i++) {
      const query = piece.queries?.[i] ?? i;
      if (piece.queries === undefined && piece.masked.has(query)) continue;
      for (let at = from + i * width; at < from + (i + 1) * width; at++) {
        const value = values[at]!;
        if (value > never) insert(similarities, indices, query * k, k, value, piece.start + columns[at]!);
      }
    }
    from += height * width;
  }
  // the caller made sure that k rows are left for each query, so a missing one had a score of NaN
  const missing = indices.indexOf(-1);
  if (missing >= 0) {
    const query = Math.floor(missing / k);
    throw new DivergenceError('supportSet.search', `query ${query} holds NaN or ∞.`, 'Lower the learning rate.');
  }
  return { k, indices, similarities };
}

/** Puts a row among the best k of the query whose entries begin at `begin`. */
function insert(
  similarities: Float32Array,
  indices: Int32Array,
  begin: number,
  k: number,
  value: number,
  row: number,
): void {
  let place = begin + k;
  while (place > begin && value > similarities[place - 1]!) place--;
  if (place === begin + k) return;
  similarities.copyWithin(place + 1, place, begin + k - 1);
  indices.copyWithin(place + 1, place, begin + k - 1);
  similarities[place] = value;
  indices[place] = row;
}
