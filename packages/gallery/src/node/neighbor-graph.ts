/** Approximate search: a graph of near neighbours (HNSW), built and searched by the optional package usearch. */
import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { BackendError, DataError } from '@kindred/core';
import type * as usearchModule from 'usearch';

/** The loaded package. */
export type Usearch = typeof usearchModule;

/**
 * Neighbours per node, and candidates while building: the package's own defaults. Candidates while searching: twice its default, which finds 98 of
 * 100 neighbours instead of 97. Rows are stored as bfloat16, which takes half the space of float32 and is faster to build at the same recall.
 * Measured in docs/decisions/2026-11-27-vector-index.md.
 */
const settings = { connectivity: 16, expansion_add: 128, expansion_search: 128, multi: false };

/**
 * How many candidates a search in a graph of so many rows asks for: what the graph considers anyway, and above 2¹⁸ rows as many more as there are more
 * rows, which keeps 99 of 100 neighbours found where 128 candidates find 96 of 100 in a million rows.
 */
export const candidatesIn = (rows: number): number => Math.max(settings.expansion_search, Math.ceil(rows / 2048));

/** Rows added at once; signals and timers get their turn in between. */
const block = 512;

/** A graph in memory. */
export interface NeighborGraph {
  /** Writes the graph to a file. @throws The file system's own error. */
  save(file: string): Promise<void>;
}

/** A graph on disk. */
export interface OpenNeighborGraph {
  /** The numbers of the rows that are probably the most similar to D numbers, the most similar first. */
  nearest(query: Float32Array, count: number): number[];
}

/**
 * The package usearch, if it is installed and its binary loads on this machine.
 *
 * @throws BackendError
 */
export async function loadUsearch(): Promise<Usearch> {
  try {
    return await import('usearch');
  } catch (cause) {
    throw new BackendError('approximate search', `the package usearch does not load (${String((cause as Error).message).split('\n')[0]}).`, 'Run npm install usearch.', cause);
  }
}

/**
 * Builds a graph of `[N, D]` rows of length 1.
 *
 * @throws The reason that the signal was aborted with.
 */
export async function buildNeighborGraph(
  usearch: Usearch,
  values: Float32Array,
  dimension: number,
  { onProgress, signal }: { readonly onProgress?: ((done: number) => void) | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<NeighborGraph> {
  const index = empty(usearch, dimension);
  const count = values.length / dimension;
  for (let start = 0; start < count; start += block) {
    signal?.throwIfAborted();
    const end = Math.min(start + block, count);
    index.add(BigUint64Array.from({ length: end - start }, (_, i) => BigInt(start + i)), values.subarray(start * dimension, end * dimension));
    onProgress?.(end);
    await setImmediate();
  }
  return {
    async save(file) {
      let failure: unknown;
      try {
        index.save(file);
      } catch (error) {
        failure = error;
      }
      await checkRoom(file);
      if (failure !== undefined) throw failure;
    },
  };
}

/**
 * Throws the system's error if no more can be written behind a file. The package's own errors do not say why, and it overlooks that the last block of a
 * file, which C writes when the file is closed, did not fit: what was saved to a full disk could then read past its end.
 */
async function checkRoom(file: string): Promise<void> {
  const handle = await open(file, 'a');
  try {
    const { size } = await handle.stat();
    await handle.writeFile(new Uint8Array(1 << 20)); // above any block
    await handle.truncate(size);
  } finally {
    await handle.close();
  }
}

/**
 * Opens a graph without reading it: its pages are loaded from disk when they are visited.
 *
 * @param size The number of rows it must have.
 * @throws DataError for a file that is not a graph of that many rows.
 */
export function openNeighborGraph(usearch: Usearch, file: string, { size, dimension }: { readonly size: number; readonly dimension: number }): OpenNeighborGraph {
  const index = empty(usearch, dimension);
  try {
    index.view(file);
  } catch (cause) {
    throw new DataError(file, `cannot be opened (${(cause as Error).message}).`, 'Make the index again.', cause);
  }
  if (Number(index.size()) !== size || Number(index.dimensions()) !== dimension) {
    throw new DataError(file, `is a graph of [${index.size()}, ${index.dimensions()}], expected [${size}, ${dimension}].`, 'Make the index again.');
  }
  return { nearest: (query, count) => Array.from(index.search(query, count, 1).keys, Number) };
}

const empty = ({ Index, MetricKind, ScalarKind }: Usearch, dimensions: number): usearchModule.Index =>
  new Index({ dimensions, metric: MetricKind.Cos, quantization: ScalarKind.BF16, ...settings });
