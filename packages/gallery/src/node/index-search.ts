/** Searches the rows of an index, exactly or through its graph, with filters. */
import { type Nearest, nearestRows } from '../nearest.js';
import { candidatesIn, type OpenNeighborGraph } from './neighbor-graph.js';
import type { RowsFile } from './rows-file.js';

/** The rows that pass a filter. */
export interface AcceptedRows {
  /** Their numbers, in ascending order. */
  readonly rows: Int32Array;
  has(row: number): boolean;
}

/** The rows that a search may find; undefined for all. */
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

/** Compares the query with every accepted row. */
export function nearestExactly(file: RowsFile, query: Float32Array, k: number, accepted: AcceptedRows | undefined): Nearest {
  return nearestRows(file.all().values, query, k, accepted?.has);
}

/** Reading a row from disk and comparing it costs some 3 µs, a candidate of the graph 8. */
const rowsPerCandidate = 2;

/**
 * Searches through the graph. The graph knows nothing about filters: it is asked for more and more candidates until enough are accepted, which is soon
 * if many rows are. Otherwise, or if only a few rows are accepted at all, the accepted rows are compared one by one. Similarities are
 * computed from the rows themselves, not from the graph's copies of them.
 */
export function nearestProbably(file: RowsFile, graph: OpenNeighborGraph, query: Float32Array, k: number, accepted: AcceptedRows | undefined): Nearest {
  const size = file.about.ids.length;
  const open = accepted?.rows.length ?? size;
  const wanted = Math.min(k, open);
  const first = Math.max(candidatesIn(size), Math.ceil((2 * wanted * size) / Math.max(1, open)));
  if (accepted !== undefined && open <= rowsPerCandidate * first) return among(file, query, k, accepted.rows);
  for (let count = first; count < size / 10; count *= 4) {
    const found = graph.nearest(query, count).filter((row) => accepted?.has(row) ?? true);
    if (found.length >= wanted) return among(file, query, k, found);
  }
  return nearestExactly(file, query, k, accepted);
}

/** The nearest of some rows. The rows are sorted by number, so that among equals the first is found, as in exact search. */
function among(file: RowsFile, query: Float32Array, k: number, rows: ArrayLike<number>): Nearest {
  const ordered = Int32Array.from(rows).sort();
  const nearest = nearestRows(file.take(ordered), query, k);
  return { rows: nearest.rows.map((at) => ordered[at]!), similarities: nearest.similarities };
}
