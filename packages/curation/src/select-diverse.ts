/** Images that are as different from one another as possible. */
import { ArgumentError, random } from '@kindred/core';
import type { Features, Watched } from '@kindred/evaluation';
import { checkCount, checkRows, unitFeatures } from './rows.js';
import { turn } from './turn.js';

export interface SelectDiverseOptions extends Watched {
  /** `[N, D]` */
  readonly features: Features;
  /** How many rows to choose; at most as many as are not chosen yet. */
  readonly count: number;
  /**
   * `farthest` (k-center greedy): each row is the one farthest from all rows chosen so far, so the selection covers the edges of the data, outliers
   * included. `k-means++`: each row is drawn with a probability proportional to its squared distance to the nearest chosen row, so the selection follows the density more closely.
   */
  readonly by: 'farthest' | 'k-means++';
  /** Rows that are already chosen, such as labelled ones; the new rows keep their distance from them. */
  readonly chosen?: ArrayLike<number>;
  /** Determines the first row and the random draws. */
  readonly seed: number;
}

export interface DiverseRows {
  /** `[count]`, in the order they were chosen; the first rows of it, however many, are a diverse selection too. */
  readonly rows: Int32Array;
  /** The distance (0..2) of each row to the nearest row chosen before it; 2 for the first if nothing was chosen before. */
  readonly distances: Float32Array;
}

/**
 * Chooses rows that are far from one another. Distances are those between the rows scaled to length 1, √(2 − 2 cos). With `farthest`
 * the largest distance of any row to its nearest chosen row is at most twice what the best choice of equally many rows could achieve.
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
  /** The squared distance of each row to the nearest chosen row; −1 for chosen rows. */
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

/** Updates the distances for a newly chosen row. */
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

/** The index of the largest value, the first among equals. */
function largest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Draws a row in proportion to the squared distances; the first remaining row if all are 0. */
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
