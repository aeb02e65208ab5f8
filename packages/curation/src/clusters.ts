/** Clusters of images, each with its most typical images first. */
import { type Features, kMeans, type Watched } from '@kindred/evaluation';
import { byScore, checkCount, checkRows, unitFeatures } from './rows.js';

export interface ClustersOptions extends Watched {
  /** `[N, D]` */
  readonly features: Features;
  /** The number of clusters, 1..N. */
  readonly count: number;
  /** How many times k-means is started; the best result is kept. Default: 1. */
  readonly restarts?: number;
  /** Determines the initial centres. */
  readonly seed: number;
}

/** A cluster. */
export interface Cluster {
  /** Its rows, the most typical first, ordered by their distance to the centre. */
  readonly rows: Int32Array;
  /** The cosine of each row with the centre, −1..1. */
  readonly similarities: Float32Array;
}

export interface Clusters {
  /** Largest first. */
  readonly clusters: readonly Cluster[];
  /** `[N]`, the cluster that each row belongs to. */
  readonly clusterOf: Int32Array;
}

/**
 * Runs k-means on the rows scaled to length 1 (`kMeans` of `@kindred/evaluation`) and orders each cluster from its centre outwards. Empty clusters
 * are left out, so there may be fewer than `count` if rows are equal.
 *
 * @throws ArgumentError for settings out of range, values that are not finite, and a row of zeros.
 *
 * @example
 * const features = { values: Float32Array.of(1, 0, 0, 1, 0.9, 0.1, 0.8, 0.2), dimension: 2 };
 * (await clusters({ features, count: 2, seed: 1 })).clusters[0]!.rows; // => [2, 0, 3]
 */
export async function clusters({ features, count, restarts = 1, seed, onProgress, signal }: ClustersOptions): Promise<Clusters> {
  checkCount('clusters', 'count', count, checkRows('clusters', features), 'the rows');
  const { dimension } = features;
  const rows = unitFeatures('clusters', features);
  const { assignments } = await kMeans({
    features: { values: rows, dimension },
    clusters: count,
    similarity: 'cosine',
    restarts,
    maximumIterations: 100,
    seed,
    onProgress,
    signal,
  });
  const centers = new Float64Array(count * dimension);
  assignments.forEach((cluster, row) => {
    for (let d = 0; d < dimension; d++) centers[cluster * dimension + d]! += rows[row * dimension + d]!;
  });
  const similarity = assignments.reduce((all, cluster, row) => {
    let [product, length] = [0, 0];
    for (let d = 0; d < dimension; d++) {
      const center = centers[cluster * dimension + d]!;
      product += center * rows[row * dimension + d]!;
      length += center * center;
    }
    all[row] = length === 0 ? 0 : product / Math.sqrt(length);
    return all;
  }, new Float32Array(assignments.length));
  const members: number[][] = Array.from({ length: count }, () => []);
  for (const row of byScore(similarity)) members[assignments[row]!]!.push(row);
  const found = members
    .filter((list) => list.length > 0)
    .sort((a, b) => b.length - a.length || a[0]! - b[0]!)
    .map((list) => ({ rows: Int32Array.from(list), similarities: Float32Array.from(list, (row) => similarity[row]!) }));
  const clusterOf = new Int32Array(assignments.length);
  found.forEach((cluster, i) => cluster.rows.forEach((row) => (clusterOf[row] = i)));
  return { clusters: found, clusterOf };
}
