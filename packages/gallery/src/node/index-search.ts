/** Search among the rows of an index, exactly or by its graph, with filters. */
import { type Nearest, nearestRows } from '../nearest.js';
import { candidates, type OpenNeighborGraph } from './neighbor-graph.js';
import type { RowsFile } from './rows-file.js';

/** Rows that a filter lets through. */
export interface AcceptedRows {
  /** Their numbers, ascending. */
  readonly rows: Int32Array;
  has(row: number): boolean;
}

/** The rows that a search may find; `undefined` if all. */
export function acceptedRows(
  ids: readonly string[],
  { labels, numbers, accept }: { readonly labels?: Int32Array; readonly numbers?: ReadonlySet<number>; readonly accept?: ((id: string) => boolean) | undefined },
): AcceptedRows | undefined {
  if (numbers === undefined && accept === undefined) return undefined;
  const mask = new Uint8Array(ids.length);
  const rows = new Int32Array(ids.length);
  let count = 0;
  for (let row = 0; row < ids.length; row++) {
    if (numbers?.has(labels![row]!) === false || accept?.(ids[row]!) === false) continue;
    mask[row] = 1;
    rows[count++] = row;
  }
  return { rows: rows.subarray(0, count), has: (row) => mask[row] === 1 };
}

/** The query against every accepted row. */
export function nearestExactly(file: RowsFile, query: Float32Array, k: number, accepted: AcceptedRows | undefined): Nearest {
  return nearestRows(file.all().values, query, k, accepted?.has);
}

/** So few rows are read from the disk and compared in less time than a graph is asked for candidates among which they are rare. */
const few = 10_000;

/**
 * By the graph. It knows nothing of filters: it is asked for more candidates until enough of them are accepted, which happens soon where
 * many rows are. Where it does not, and where few are accepted at all, the accepted rows are compared one by one. Similarities are of the
 * rows themselves, not of what the graph keeps of them.
 */
export function nearestProbably(file: RowsFile, graph: OpenNeighborGraph, query: Float32Array, k: number, accepted: AcceptedRows | undefined): Nearest {
  const size = file.about.ids.length;
  const open = accepted?.rows.length ?? size;
  const wanted = Math.min(k, open);
  if (open <= few && accepted !== undefined) return among(file, query, k, accepted.rows);
  for (let count = Math.max(candidates, Math.ceil((2 * wanted * size) / open)); count < size / 10; count *= 4) {
    const found = graph.nearest(query, count).filter((row) => accepted?.has(row) ?? true);
    if (found.length >= wanted) return among(file, query, k, found);
  }
  return nearestExactly(file, query, k, accepted);
}

/** The nearest among some rows, which are ordered by number: of equal ones the first is found, as by exact search. */
function among(file: RowsFile, query: Float32Array, k: number, rows: ArrayLike<number>): Nearest {
  const ordered = Int32Array.from(rows).sort();
  const nearest = nearestRows(file.take(ordered), query, k);
  return { rows: nearest.rows.map((at) => ordered[at]!), similarities: nearest.similarities };
}
