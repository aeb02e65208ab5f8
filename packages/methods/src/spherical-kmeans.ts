/** Spherical k-means: clusters of directions. */
import { ArgumentError, checkWhole, lloydToEnd, type Random } from '@kindred/core';

/** How rows are clustered. */
export interface SphericalKMeansOptions {
  /** K, how many clusters. */
  readonly clusters: number;
  /** How often centroids are moved, 0 or more. DeepCluster v2: 10. */
  readonly iterations: number;
  /** Which rows the centroids start at; draws nothing from the stream itself. */
  readonly random: Random;
  /** The most bytes that the scores of a block of rows may take at once. 16 MiB by default. */
  readonly maximumBytes?: number;
}

/** What was found. */
export interface Clusters {
  /** `[K, D]`, row-major, rows of length 1. */
  readonly centroids: Float32Array;
  /** `[N]`: the cluster of each row. */
  readonly assignments: Int32Array;
}

/**
 * K-means by cosine, as DeepCluster v2 does it: centroids start at K different rows; then in turn each row goes to the
 * centroid of the largest cosine (the first of several), and each centroid to the mean of its rows, scaled to length 1. The
 * assignment comes last, so it matches the returned centroids. A cluster that no row chooses keeps its centroid.
 *
 * The same rows and random stream give the same clusters on the same backend: cosines are the backend's, sums are in float64
 * in the rows' own order.
 *
 * @param rows `[N, D]`, row-major, rows of length 1.
 * @param dimension D.
 * @throws ArgumentError for options out of range, or fewer rows than clusters.
 *
 * @example
 * const rows = Float32Array.of(1, 0, 0.8, 0.6, 0, -1); // three rows, two of them near
 * const { assignments } = sphericalKMeans(rows, 2, { clusters: 2, iterations: 5, random: random(1) });
 * [assignments[0] === assignments[1], assignments[0] === assignments[2]]; // => [true, false]
 *
 * @see Caron et al. 2020, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", appendix (DeepCluster-v2);
 * Dhillon and Modha 2001, "Concept Decompositions for Large Sparse Text Data using Clustering"
 */
export function sphericalKMeans(rows: Float32Array, dimension: number, options: SphericalKMeansOptions): Clusters {
  const { clusters, iterations, random, maximumBytes = 2 ** 24 } = options;
  checkWhole('sphericalKMeans', { dimension, clusters, maximumBytes }, 1);
  checkWhole('sphericalKMeans', { iterations }, 0);
  const size = rows.length / dimension;
  if (!Number.isInteger(size) || size < clusters) {
    throw new ArgumentError('sphericalKMeans.rows', `at least ${clusters} rows of ${dimension}, one a cluster`, rows.length, 'Take fewer clusters.');
  }
  const start = new Float32Array(clusters * dimension);
  random.fork('spherical-kmeans').permutation(size).subarray(0, clusters).forEach((row, k) => {
    start.set(rows.subarray(row * dimension, (row + 1) * dimension), k * dimension);
  });
  const { centers, assignments } = lloydToEnd({ rows, dimension, start, centers: 'directions', iterations, maximumBytes });
  return { centroids: Float32Array.from(centers), assignments };
}
