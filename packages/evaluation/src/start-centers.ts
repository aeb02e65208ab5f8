/** Where k-means starts: random centres far from one another. */
import type { Random } from '@kindred/core';

/**
 * Greedy k-means++: the first centre is any row, each further one a row drawn by its squared distance to the nearest centre so
 * far; of 2 + ⌊log K⌋ such draws the one that leaves the least sum of those distances, as in scikit-learn.
 *
 * @param rows `[N, D]`, row-major.
 * @returns `[clusters, D]`, row-major.
 *
 * @see Arthur & Vassilvitskii 2007, "k-means++: The Advantages of Careful Seeding"
 */
export function startCenters(rows: Float64Array, dimension: number, clusters: number, random: Random): Float64Array {
  const count = rows.length / dimension;
  const rowAt = (row: number): Float64Array => rows.subarray(row * dimension, (row + 1) * dimension);
  const centers = new Float64Array(clusters * dimension);
  let chosen = random.integer(count);
  centers.set(rowAt(chosen));
  let distances = Float64Array.from({ length: count }, (_, row) => squaredDistance(rows, row, rows, chosen, dimension));
  const draws = 2 + Math.floor(Math.log(clusters));
  for (let made = 1; made < clusters; made++) {
    const total = sum(distances);
    let [least, best] = [Infinity, distances];
    for (let draw = 0; draw < draws; draw++) {
      const candidate = drawByWeight(distances, total, random);
      const nearest = distances.map((distance, row) => (distance === 0 ? 0 : Math.min(distance, squaredDistance(rows, row, rows, candidate, dimension))));
      const left = sum(nearest);
      if (draw === 0 || left < least) [least, best, chosen] = [left, nearest, candidate];
    }
    centers.set(rowAt(chosen), made * dimension);
    distances = best;
  }
  return centers;
}

/** Σ (a − b)² of row i of `a` and row j of `b`. */
export function squaredDistance(a: Float64Array, i: number, b: ArrayLike<number>, j: number, dimension: number): number {
  let total = 0;
  for (let d = 0; d < dimension; d++) {
    const difference = a[i * dimension + d]! - b[j * dimension + d]!;
    total += difference * difference;
  }
  return total;
}

/** Draws an index in proportion to its weight; any index if all weights are 0. */
function drawByWeight(weights: Float64Array, total: number, random: Random): number {
  let left = random.uniform() * total;
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!;
    if (left < 0) return i;
  }
  return random.integer(weights.length);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
