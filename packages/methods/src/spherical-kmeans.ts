/** Spherical k-means: clusters of directions. */
import { argMaxRows, ArgumentError, checkWhole, type Random, valuesOf } from '@kindred/core';
import { matMul, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';

/** How rows are clustered. */
export interface SphericalKMeansOptions {
  /** K, how many clusters. */
  readonly clusters: number;
  /** How often centroids are moved, 0 or more. DeepCluster v2: 10. */
  readonly iterations: number;
  /** Which rows the centroids start at; draws nothing from the stream that is passed. */
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
 * assignment comes last: it is of the centroids that are returned. A cluster that no row chooses keeps its centroid.
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
  const centroids = new Float32Array(clusters * dimension);
  random.fork('spherical-kmeans').permutation(size).subarray(0, clusters).forEach((row, k) => {
    centroids.set(rows.subarray(row * dimension, (row + 1) * dimension), k * dimension);
  });
  const blockRows = Math.max(1, Math.floor(maximumBytes / (4 * (clusters + dimension))));
  const assignments = new Int32Array(size);
  for (let iteration = 0; ; iteration++) {
    assign(rows, centroids, dimension, blockRows, assignments);
    if (iteration === iterations) return { centroids, assignments };
    move(rows, assignments, dimension, centroids);
  }
}

/** The nearest centroid of each row, block by block. */
function assign(rows: Float32Array, centroids: Float32Array, dimension: number, blockRows: number, assignments: Int32Array): void {
  tidy(() => {
    const targets = tensor2d(centroids.slice(), [centroids.length / dimension, dimension]);
    for (let start = 0; start < assignments.length; start += blockRows) {
      const count = Math.min(blockRows, assignments.length - start);
      const found = valuesOf<Int32Array>(() => {
        const block = tensor2d(rows.slice(start * dimension, (start + count) * dimension), [count, dimension]);
        return argMaxRows(matMul(block, targets, false, true) as Tensor2D);
      });
      assignments.set(found, start);
    }
  });
}

/** Each centroid to the direction of the sum of its rows, where it has some that do not cancel out. */
function move(rows: Float32Array, assignments: Int32Array, dimension: number, centroids: Float32Array): void {
  const sums = new Float64Array(centroids.length);
  assignments.forEach((cluster, row) => {
    for (let d = 0; d < dimension; d++) sums[cluster * dimension + d]! += rows[row * dimension + d]!;
  });
  for (let at = 0; at < centroids.length; at += dimension) {
    const sum = sums.subarray(at, at + dimension);
    const length = Math.sqrt(sum.reduce((total, x) => total + x * x, 0));
    if (length > 0) centroids.set(sum.map((x) => x / length), at);
  }
}
