/** Images that are unlike all the others. */
import { ArgumentError } from '@kindred/core';
import { type Features, nearestNeighbors, type Watched } from '@kindred/evaluation';
import { byScore, checkCount, checkRows, unitFeatures } from './rows.js';

export interface OutliersOptions extends Watched {
  /** `[N, D]`, two rows or more. */
  readonly features: Features;
  /** The number of neighbours considered for each row, 1..N−1. Breunig et al. recommend 10 or more; scikit-learn's default is 20. */
  readonly k: number;
  /**
   * `distance`: the distance to the k-th neighbour. `local`: how much lower the density around a row is than around its neighbours (the local
   * outlier factor), about 1 for rows like their neighbours.
   */
  readonly by: 'distance' | 'local';
}

export interface Outliers {
  /** `[N]`, larger means further out. */
  readonly scores: Float32Array;
  /** `[N]`, row numbers, the furthest out first; among equals the lower number first. */
  readonly order: Int32Array;
}

/**
 * Scores how far each row lies from the others. Distances are Euclidean distances between the rows scaled to length 1, √(2 − 2 cos), 0..2. A row is not
 * counted as its own neighbour.
 *
 *     distance:  s(p) = d_k(p), the distance to the k-th neighbour
 *     local:     s(p) = mean_{o ∈ N_k(p)} lrd(o) / lrd(p),   lrd(p) = 1 / (mean_{o ∈ N_k(p)} max(d_k(o), d(p, o)) + 10⁻¹⁰)
 *
 * N_k always has k rows, even if others are equally near, and 10⁻¹⁰ keeps the density of duplicates finite, both as in scikit-learn.
 *
 * @throws ArgumentError for settings out of range, values that are not finite, and a row of zeros.
 *
 * @example
 * const features = { values: Float32Array.of(1, 0, 1, 0.1, 0, 1, 1, 0.2), dimension: 2 };
 * (await outliers({ features, k: 1, by: 'distance' })).order[0]; // => 2
 *
 * @see Ramaswamy et al. 2000, "Efficient algorithms for mining outliers from large data sets"; Breunig et al. 2000, "LOF: Identifying Density-Based Local Outliers"
 */
export async function outliers({ features, k, by, onProgress, signal }: OutliersOptions): Promise<Outliers> {
  if (by !== 'distance' && by !== 'local') throw new ArgumentError('outliers.by', "'distance' or 'local'", by);
  const count = checkRows('outliers', features);
  if (count < 2) throw new ArgumentError('outliers.features', 'two rows or more', count);
  checkCount('outliers', 'k', k, count - 1, 'the other rows');
  const rows = { values: unitFeatures('outliers', features), dimension: features.dimension };
  const found = await nearestNeighbors({ train: rows, test: rows, k: k + 1, similarity: 'euclidean', onProgress, signal });
  const neighbors = new Int32Array(count * k);
  const distances = new Float64Array(count * k);
  for (let row = 0; row < count; row++) {
    // the row itself is among the first, unless more than k others equal it
    let at = row * k;
    for (let i = row * (k + 1); i < (row + 1) * (k + 1) && at < (row + 1) * k; i++) {
      if (found.indices[i] === row) continue;
      neighbors[at] = found.indices[i]!;
      distances[at++] = Math.max(0, -found.similarities[i]!);
    }
  }
  const farthest = Float64Array.from({ length: count }, (_, row) => distances[(row + 1) * k - 1]!);
  const scores = by === 'distance' ? Float32Array.from(farthest) : localFactors(neighbors, distances, farthest, k);
  return { scores, order: byScore(scores) };
}

function localFactors(neighbors: Int32Array, distances: Float64Array, farthest: Float64Array, k: number): Float32Array {
  const meanOf = (row: number, value: (at: number) => number): number => {
    let sum = 0;
    for (let at = row * k; at < (row + 1) * k; at++) sum += value(at);
    return sum / k;
  };
  const density = farthest.map((_, row) => 1 / (meanOf(row, (at) => Math.max(farthest[neighbors[at]!]!, distances[at]!)) + 1e-10));
  return Float32Array.from(density, (own, row) => meanOf(row, (at) => density[neighbors[at]!]! / own));
}
