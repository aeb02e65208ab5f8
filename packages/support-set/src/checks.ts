/** Argument checks of support sets. */
import { ArgumentError, checkWhole } from '@kindred/core';
import type { Neighbors, SupportSetOptions } from './contract.js';

export function checkOptions({ capacity, dimension, initial, random, maximumBytes = 1 }: SupportSetOptions): void {
  checkWhole('supportSet', { capacity, dimension, maximumBytes }, 1);
  if (initial !== undefined && initial !== 'random' && initial !== 'empty') {
    throw new ArgumentError('supportSet.initial', "'random' or 'empty'", initial);
  }
  if (initial === 'random' && random === undefined) {
    throw new ArgumentError('supportSet.random', "a Random with initial: 'random'", random, 'Pass random(seed) of @kindred/core.');
  }
}

/** Checks that every given list has one entry per row. */
export function checkLists(where: string, size: number, lists: Readonly<Record<string, Int32Array | undefined>>): void {
  for (const [name, list] of Object.entries(lists)) {
    if (list === undefined || list.length === size) continue;
    throw new ArgumentError(`${where}.${name}`, `one entry per row, ${size} in all`, list.length);
  }
}

/**
 * The number of rows that make up an answer.
 *
 * @throws ArgumentError for a kind that does not exist, or numbers out of range.
 *
 * @example
 * rowsPerAnswer({ kind: 'top-k', k: 5 }); // => 5
 */
export function rowsPerAnswer(neighbors: Neighbors): number {
  const where = 'supportSet.nearest.neighbors';
  switch (neighbors.kind) {
    case 'top-1':
      return 1;
    case 'top-k':
      checkWhole(`${where}.k`, neighbors.k, 1);
      return neighbors.k;
    case 'soft':
      if (!(neighbors.temperature > 0)) {
        throw new ArgumentError(`${where}.temperature`, 'a number above 0', neighbors.temperature);
      }
      checkWhole(`${where}.k`, neighbors.k, 1);
      return neighbors.k;
    default:
      throw new ArgumentError(`${where}.kind`, "'top-1', 'top-k' or 'soft'", (neighbors as { kind: unknown }).kind);
  }
}
