/** Images that represent many others. */
import { type Features, nearestNeighbors, type Watched } from '@kindred/evaluation';
import { clusters } from './clusters.js';
import { byScore, checkCount, checkRows, unitFeatures } from './rows.js';

export interface SelectTypicalOptions extends Watched {
  /** `[N, D]` */
  readonly features: Features;
  /** How many rows to choose, 1..N. */
  readonly count: number;
  /** The number of clusters, 1..N. Default: `count`, at most 50. */
  readonly clusters?: number;
  /** The number of neighbours used to measure typicality. Default: 20, as in the paper, or all other rows if there are fewer. */
  readonly k?: number;
  /** Determines the clusters. */
  readonly seed: number;
}

export interface TypicalRows {
  /** `[count]`, in the order they were chosen. */
  readonly rows: Int32Array;
  /** The typicality of each: the inverse of the mean distance to its k neighbours. */
  readonly typicality: Float32Array;
}

/**
 * TypiClust: the k-means clusters take turns, the largest first, and each contributes its most typical row that has not been chosen yet.
 *
 *     typicality(x) = ( 1/K Σ_{y ∈ K-NN(x)} ‖x − y‖ )⁻¹
 *
 * This differs from the paper in two ways: neighbours may lie in another cluster, and by default there are at most 50 clusters where the paper has as many
 * as rows to choose, up to 500. With more rows than clusters the turns go round again.
 *
 * @throws ArgumentError for settings out of range, values that are not finite, and a row of zeros.
 *
 * @example
 * const features = { values: Float32Array.of(1, 0, 1, 0.1, 1, 0.2, -1, 0, -1, 0.1, -1, 0.2), dimension: 2 };
 * (await selectTypical({ features, count: 2, k: 2, seed: 1 })).rows.map((row) => row % 3); // => [1, 1]
 *
 * @see Hacohen et al. 2022, "Active Learning on a Budget: Opposite Strategies Suit High and Low Budgets", section 3
 */
export async function selectTypical(options: SelectTypicalOptions): Promise<TypicalRows> {
  const { features, count, seed, signal } = options;
  const all = checkRows('selectTypical', features);
  checkCount('selectTypical', 'count', count, all, 'the rows');
  const wanted = options.clusters ?? Math.min(count, 50);
  checkCount('selectTypical', 'clusters', wanted, all, 'the rows');
  const k = options.k ?? Math.min(20, all - 1);
  if (all === 1) return { rows: Int32Array.of(0), typicality: Float32Array.of(Infinity) };
  checkCount('selectTypical', 'k', k, all - 1, 'the other rows');

  const units = { values: unitFeatures('selectTypical', features), dimension: features.dimension };
  const { similarities } = await nearestNeighbors({ train: units, test: units, k: k + 1, similarity: 'euclidean', onProgress: options.onProgress, signal });
  // the row itself has distance 0 and adds nothing
  const typicality = Float32Array.from({ length: all }, (_, row) => {
    let sum = 0;
    for (let i = row * (k + 1); i < (row + 1) * (k + 1); i++) sum -= similarities[i]!;
    return k / Math.max(sum, 1e-10);
  });
  const groups = await clusters({ features: units, count: wanted, seed, signal });
  const turns = groups.clusters.map(({ rows }) => [...byScore(Float32Array.from(rows, (row) => typicality[row]!))].map((at) => rows[at]!));
  const chosen: number[] = [];
  for (let round = 0; chosen.length < count; round++) {
    for (const members of turns) if (round < members.length && chosen.length < count) chosen.push(members[round]!);
  }
  return { rows: Int32Array.from(chosen), typicality: Float32Array.from(chosen, (row) => typicality[row]!) };
}
