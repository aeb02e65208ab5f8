/** Images that are as different from one another as can be. */
import { ArgumentError, random } from '@kindred/core';
import type { Features, Watched } from '@kindred/evaluation';
import { checkCount, checkRows, unitFeatures } from './rows.js';
import { turn } from './turn.js';

export interface SelectDiverseOptions extends Watched {
  /** `[N, D]` */
  readonly features: Features;
  /** How many rows to choose, at most those that are not chosen yet. */
  readonly count: number;
  /**
   * `farthest`: each row is the one farthest from all chosen so far, k-center greedy: it covers the edges, outliers included.
   * `k-means++`: each is drawn by its squared distance to the nearest chosen one: it follows the density more.
   */
  readonly by: 'farthest' | 'k-means++';
  /** Rows that are chosen already, such as labelled ones: the new ones keep away from these. */
  readonly chosen?: ArrayLike<number>;
  /** Determines the first row and the draws. */
  readonly seed: number;
}

export interface DiverseRows {
  /** `[count]`, in the order they were chosen: any beginning of it is a diverse choice, too. */
  readonly rows: Int32Array;
  /** Of each the distance 0..2 to the nearest chosen before it; that of the first is 2 if nothing was chosen before. */
  readonly distances: Float32Array;
}

/**
 * Chooses rows that keep away from one another. Distances are those of the rows scaled to length 1, √(2 − 2 cos). With `farthest`
 * every row of the data is at most twice as far from its nearest chosen one as the best choice of as many rows could do.
 *
 * @throws ArgumentError for settings out of range, values that are not finite, and a row of zeros.
 *
 * @example
 * const features = { values: Float32Array.of(1, 0, 1, 0.1, 0, 1, -1, 0), dimension: 2 };
 * (await selectDiverse({ features, count: 2, by: 'farthest', chosen: [0], seed: 1 })).rows; // => [3, 2]
 *
 * @see Gonzalez 1985, "Clustering to minimize the maximum intercluster distance"; Sener & Savarese 2018, "Active Learning for
 * Convolutional Neural Networks: A Core-Set Approach"; Arthur & Vassilvitskii 2007, "k-means++: The Advantages of Careful Seeding"
 */
export async function selectDiverse({ features, count, by, chosen = [], seed, onProgress, signal }: SelectDiverseOptions): Promise<DiverseRows> {
  if (by !== 'farthest' && by !== 'k-means++') throw new ArgumentError('selectDiverse.by', "'farthest' or 'k-means++'", by);
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new ArgumentError('selectDiverse.seed', 'a whole number of 0 or more', seed);
  const all = checkRows('selectDiverse', features);
  const before = new Set(Array.from(chosen));
  for (const row of before) {
    if (!(Number.isInteger(row) && row >= 0 && row < all)) throw new ArgumentError('selectDiverse.chosen', `rows of 0..${all - 1}`, row);
  }
  checkCount('selectDiverse', 'count', count, all - before.size, 'the rows that are not chosen yet');
  const units = unitFeatures('selectDiverse', features);
  const draws = random(seed).fork('select-diverse');
  /** The squared distance of each row to the nearest chosen one; −1 for those that are chosen. */
  const distances = new Float64Array(all).fill(4);
  for (const row of before) approach(units, features.dimension, row, distances);
  const rows = new Int32Array(count);
  const made = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    if (i % 16 === 0) await turn(signal);
    const first = i === 0 && before.size === 0;
    const next = first ? draws.integer(all) : by === 'farthest' ? largest(distances) : drawn(distances, draws.uniform());
    rows[i] = next;
    made[i] = Math.sqrt(distances[next]!);
    approach(units, features.dimension, next, distances);
    onProgress?.(i + 1, count);
  }
  return { rows, distances: made };
}

/** Takes a newly chosen row into account. */
function approach(units: Float32Array, dimension: number, chosen: number, distances: Float64Array): void {
  const own = units.slice(chosen * dimension, (chosen + 1) * dimension);
  for (let row = 0, at = 0; row < distances.length; row++, at += dimension) {
    if (distances[row]! < 0) continue;
    let squared = 0;
    for (let d = 0; d < dimension; d++) {
      const difference = units[at + d]! - own[d]!;
      squared += difference * difference;
    }
    if (squared < distances[row]!) distances[row] = squared;
  }
  distances[chosen] = -1;
}

/** The first of the largest. */
function largest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** A row by its share of the squared distances; the first that is left if all are 0. */
function drawn(distances: Float64Array, uniform: number): number {
  let total = 0;
  for (const distance of distances) total += Math.max(0, distance);
  let left = uniform * total;
  for (let i = 0; i < distances.length; i++) {
    if (distances[i]! <= 0) continue;
    left -= distances[i]!;
    if (left < 0) return i;
  }
  return largest(distances);
}
