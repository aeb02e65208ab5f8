/** Neighbours among the rows themselves: a row is not its own neighbour. */
import { ArgumentError } from '@kindred/core';
import type { Features } from './features.js';
import { checkSearch, type NeighborBlock, searchBlocks, type Similarity } from './nearest-neighbors.js';
import type { Watched } from './progress.js';

/** A search among the rows themselves. */
export interface OtherNeighborsOptions extends Watched {
  readonly features: Features;
  /** 1..N−1. */
  readonly k: number;
  readonly similarity: Similarity;
}

/** Checks what `otherNeighborBlocks` takes, under the name `where`. @throws ArgumentError */
export function checkOthers(where: string, name: string, { features, k, similarity }: OtherNeighborsOptions): void {
  const rows = checkSearch(where, { train: features, test: features, k: 1, similarity }, { train: name, test: name });
  if (rows < 2) throw new ArgumentError(`${where}.${name}`, 'two rows or more', rows);
  if (!(Number.isInteger(k) && k >= 1 && k < rows)) throw new ArgumentError(`${where}.k`, `a whole number of 1..${rows - 1}, the other rows`, k);
}

/** The k nearest other rows of every row, a block of rows at a time. Unchecked. */
export async function* otherNeighborBlocks({ features, k, similarity, ...watched }: OtherNeighborsOptions): AsyncGenerator<NeighborBlock> {
  for await (const found of searchBlocks({ train: features, test: features, k: k + 1, similarity, ...watched })) {
    const { start, count } = found;
    const indices = new Int32Array(count * k);
    const similarities = new Float32Array(count * k);
    for (let row = 0; row < count; row++) {
      const from = row * (k + 1);
      const self = found.indices.subarray(from, from + k + 1).indexOf(start + row);
      // among more than k equal rows a row may not have found itself; then the last neighbour is dropped
      const left = from + (self < 0 ? k : self);
      for (let i = 0; i < k; i++) {
        const at = from + i < left ? from + i : from + i + 1;
        indices[row * k + i] = found.indices[at]!;
        similarities[row * k + i] = found.similarities[at]!;
      }
    }
    yield { start, count, indices, similarities };
  }
}
