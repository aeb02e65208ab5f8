/** Clusters of features, found without labels. */
import { ArgumentError, lloyd, type LloydClusters, random } from '@kindred/core';
import { checkFeatures, countRows, type Features } from './features.js';
import { turn, type Watched } from './progress.js';
import { squaredDistance, startCenters } from './start-centers.js';

export interface KMeansOptions extends Watched {
  readonly features: Features;
  /** How many clusters, 1..N. */
  readonly clusters: number;
  /** `cosine` clusters the rows scaled to length 1; `euclidean` the rows as they are. */
  readonly similarity: 'cosine' | 'euclidean';
  /** How many starts are tried; the one with the least inertia is kept. scikit-learn's `n_init`. */
  readonly restarts: number;
  /** The most iterations of each start, unless its centres converge earlier; scikit-learn stops after 300. */
  readonly maximumIterations: number;
  /** Determines the starts. */
  readonly seed: number;
}

export interface KMeansResult {
  /** `[N]`, the cluster of each row, 0..clusters−1. */
  readonly assignments: Int32Array;
  /** The sum of squared distances of the rows (scaled, for `cosine`) to their centres. */
  readonly inertia: number;
  /** Iterations of the start that was kept. */
  readonly iterations: number;
  /** Whether its centres converged. */
  readonly converged: boolean;
}

/**
 * k-means by Lloyd's iterations (`lloyd` of core) from greedy k-means++ starts, in float64 and in JavaScript. The same seed gives the
 * same clusters.
 *
 * @throws ArgumentError for settings out of range, values that are not finite, or, for `cosine`, a row of length 0.
 *
 * @example
 * const features = { values: Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9), dimension: 2, labels: Int32Array.of(0, 0, 1, 1) };
 * const { assignments } = await kMeans({ features, clusters: 2, similarity: 'cosine', restarts: 3, maximumIterations: 100, seed: 1 });
 * normalizedMutualInformation(assignments, features.labels); // => 1
 *
 * @see Lloyd 1982, "Least squares quantization in PCM"; Arthur & Vassilvitskii 2007, "k-means++: The Advantages of Careful Seeding"
 */
export async function kMeans(options: KMeansOptions): Promise<KMeansResult> {
  const { features, clusters, restarts, maximumIterations, seed, onProgress, signal } = options;
  const rows = checkFeatures('kMeans', 'features', features, 'finite');
  if (!(Number.isInteger(clusters) && clusters >= 1 && clusters <= rows)) {
    throw new ArgumentError('kMeans.clusters', `a whole number of 1..${rows}, the rows`, clusters);
  }
  for (const [name, value] of Object.entries({ restarts, maximumIterations })) {
    if (!(Number.isInteger(value) && value >= 1)) throw new ArgumentError(`kMeans.${name}`, 'a whole number above 0', value);
  }
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new ArgumentError('kMeans.seed', 'a whole number of 0 or more', seed);
  const starts = random(seed).fork('k-means');
  const data = rowsOf(features, options.similarity);
  const { dimension } = features;
  let best: KMeansResult | undefined;
  for (let start = 0; start < restarts; start++) {
    await turn(signal);
    const { centers, assignments, iterations, converged } = await iterated(
      lloyd({ rows: data, dimension, start: startCenters(data, dimension, clusters, starts.fork(start)), centers: 'means', iterations: maximumIterations }),
      signal,
    );
    const inertia = assignments.reduce((sum, cluster, row) => sum + squaredDistance(data, row, centers, cluster, dimension), 0);
    if (best === undefined || inertia < best.inertia) best = { assignments, inertia, iterations, converged };
    onProgress?.(start + 1, restarts);
  }
  return best!;
}

/** Runs to the end, yielding to other work now and then. */
async function iterated(run: Generator<number, LloydClusters>, signal: Watched['signal']): Promise<LloydClusters> {
  for (;;) {
    const { done, value } = run.next();
    if (done === true) return value;
    await turn(signal);
  }
}

function rowsOf(features: Features, similarity: KMeansOptions['similarity']): Float64Array {
  const { values, dimension } = features;
  if (similarity !== 'cosine' && similarity !== 'euclidean') {
    throw new ArgumentError('kMeans.similarity', "'cosine' or 'euclidean'", similarity);
  }
  const rows = Float64Array.from(values);
  if (similarity === 'euclidean') return rows;
  for (let row = 0; row < countRows(features); row++) {
    const own = rows.subarray(row * dimension, (row + 1) * dimension);
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    if (length === 0) throw new ArgumentError('kMeans.features.values', `rows that point somewhere; row ${row} is all zeros`, 0, "Use 'euclidean'.");
    own.forEach((value, d) => void (own[d] = value / length));
  }
  return rows;
}
