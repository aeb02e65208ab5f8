/** Exact search: compares the query with every row. */
import { ArgumentError, checkWhole, ShapeError } from '@kindred/core';

/** The rows that were found, the most similar first. */
export interface Nearest {
  /** Row numbers. */
  readonly rows: Int32Array;
  /** The cosine of each with the query, −1 to 1. */
  readonly similarities: Float32Array;
}

/**
 * Finds the rows most similar to a query by cosine; among equals the first.
 *
 * @param unit `[N, D]` of length 1, as `unitRows` of core gives them.
 * @param query D numbers of length 1.
 * @param k How many rows to return; all if there are fewer.
 * @param accept Which rows may be found. Default: all.
 * @throws ShapeError for a query of another length.
 *
 * @example
 * nearestRows(Float32Array.of(1, 0, 0, 1), Float32Array.of(0.6, 0.8), 1).rows; // => [1]
 */
export function nearestRows(unit: Float32Array, query: Float32Array, k: number, accept: (row: number) => boolean = () => true): Nearest {
  checkWhole('nearestRows.k', k, 1);
  const dimension = query.length;
  if (dimension === 0) throw new ArgumentError('nearestRows.query', 'one number or more', dimension);
  const count = unit.length / dimension;
  if (!Number.isInteger(count)) throw new ShapeError('nearestRows', `the query has ${dimension} numbers, which ${unit.length} values are no rows of.`, { remedy: 'Take a query of the same encoder.' });
  const best: { row: number; similarity: number }[] = [];
  for (let row = 0; row < count; row++) {
    if (!accept(row)) continue;
    const start = row * dimension;
    let similarity = 0;
    for (let i = 0; i < dimension; i++) similarity += unit[start + i]! * query[i]!;
    if (best.length === k && similarity <= best[k - 1]!.similarity) continue;
    if (best.length === k) best.pop();
    let at = best.length;
    while (at > 0 && best[at - 1]!.similarity < similarity) at--;
    best.splice(at, 0, { row, similarity });
  }
  return { rows: Int32Array.from(best, ({ row }) => row), similarities: Float32Array.from(best, ({ similarity }) => similarity) };
}
