/** Lloyd's iterations: the k-means that clusters of features and of directions share. */
import { type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { matrixProduct } from './ops/matrix-product.js';
import { argMaxRows } from './ops/rows.js';
import { valuesOf } from './values-of.js';

/** Numbers in memory: directions are kept in float32, means in float64. */
type Values = Float32Array | Float64Array;

/** What is clustered, and where the centres start. */
export interface LloydOptions {
  /** `[N, D]`, row-major; of length 1 for `directions`. */
  readonly rows: Values;
  /** D */
  readonly dimension: number;
  /** `[K, D]`, row-major: where the centres start. Not changed. */
  readonly start: Values;
  /**
   * `means`: rows belong to the centre of the least distance, Σ (a − b)² in float64, and a centre is the mean of its rows: k-means.
   * `directions`: rows belong to the centre of the largest product, computed by the backend, and a centre is the mean scaled to length 1:
   * spherical k-means.
   */
  readonly centers: 'means' | 'directions';
  /** How often centres are moved at most: 0 or more. */
  readonly iterations: number;
  /** The most bytes that the products of a block of rows may take at once, for `directions`. 16 MiB by default. */
  readonly maximumBytes?: number;
}

/** What was found. */
export interface LloydClusters {
  /** `[K, D]`, row-major. */
  readonly centers: Values;
  /** `[N]`: the cluster of each row, the first of equally near ones. The assignments match these centres. */
  readonly assignments: Int32Array;
  /** How often centres were moved. */
  readonly iterations: number;
  /** Whether the last move changed no row's cluster, so that further moves would change nothing. */
  readonly converged: boolean;
}

/**
 * Moves centres to their rows and rows to their centres in turn, until no row changes its cluster or the iterations are used up. A
 * cluster without rows keeps its centre, and so does a direction whose rows cancel out. Yields the number of moves after each, so that a
 * caller may stop, or let others run; `lloydToEnd` goes through without a pause.
 *
 * @example
 * const rows = Float32Array.of(0, 1, 10, 11); // four rows of one number
 * const { centers, assignments } = lloydToEnd({ rows, dimension: 1, start: Float64Array.of(0, 1), centers: 'means', iterations: 9 });
 * [[...centers], [...assignments]]; // => [[0.5, 10.5], [0, 0, 1, 1]]
 *
 * @see Lloyd 1982, "Least squares quantization in PCM"; Dhillon & Modha 2001, "Concept Decompositions for Large Sparse Text Data"
 */
export function* lloyd(options: LloydOptions): Generator<number, LloydClusters> {
  const { rows, dimension, iterations, maximumBytes = 2 ** 24 } = options;
  const means = options.centers === 'means';
  const centers = options.start.slice() as Values;
  const assignments = new Int32Array(rows.length / dimension);
  const assign = (): boolean => (means ? assignByDistance(rows, centers, dimension, assignments) : assignByProduct(rows, centers, dimension, assignments, maximumBytes));
  assign();
  for (let moves = 1; moves <= iterations; moves++) {
    move(rows, assignments, dimension, centers, means);
    const changed = assign();
    yield moves;
    if (!changed) return { centers, assignments, iterations: moves, converged: true };
  }
  return { centers, assignments, iterations, converged: false };
}

/**
 * The final result of `lloyd`.
 *
 * @example
 * const start = Float32Array.of(1, 0, 0, 1);
 * lloydToEnd({ rows: Float32Array.of(0.6, 0.8), dimension: 2, start, centers: 'directions', iterations: 3 }).assignments; // => [1]
 */
export function lloydToEnd(options: LloydOptions): LloydClusters {
  const run = lloyd(options);
  for (;;) {
    const { done, value } = run.next();
    if (done === true) return value;
  }
}

/** Entries of a row after which its distance is compared with the least so far: more is not worth adding up. */
const stretch = 32;

/** @returns Whether any row has changed its cluster. */
function assignByDistance(rows: Values, centers: Values, dimension: number, assignments: Int32Array): boolean {
  let changed = false;
  for (let row = 0; row < assignments.length; row++) {
    let [best, least] = [0, Infinity];
    for (let center = 0; center * dimension < centers.length; center++) {
      let sum = 0;
      for (let from = 0; from < dimension && sum < least; from += stretch) {
        const end = Math.min(dimension, from + stretch);
        for (let d = from; d < end; d++) {
          const difference = rows[row * dimension + d]! - centers[center * dimension + d]!;
          sum += difference * difference;
        }
      }
      if (sum < least) [best, least] = [center, sum];
    }
    if (assignments[row] !== best) changed = true;
    assignments[row] = best;
  }
  return changed;
}

/** @returns Whether any row has changed its cluster. */
function assignByProduct(rows: Values, centers: Values, dimension: number, assignments: Int32Array, maximumBytes: number): boolean {
  const clusters = centers.length / dimension;
  const height = Math.max(1, Math.floor(maximumBytes / (4 * (clusters + dimension))));
  let changed = false;
  tidy(() => {
    const targets: Tensor2D = tensor2d(new Float32Array(centers), [clusters, dimension]);
    for (let start = 0; start < assignments.length; start += height) {
      const count = Math.min(height, assignments.length - start);
      const found = valuesOf<Int32Array>(() => {
        const block = tensor2d(new Float32Array(rows.subarray(start * dimension, (start + count) * dimension)), [count, dimension]);
        return argMaxRows(matrixProduct(block, targets, false, true));
      });
      changed ||= found.some((cluster, i) => cluster !== assignments[start + i]);
      assignments.set(found, start);
    }
  });
  return changed;
}

/** Each centre to the mean of its rows, or to the direction of it, summed in float64 in the rows' own order. */
function move(rows: Values, assignments: Int32Array, dimension: number, centers: Values, means: boolean): void {
  const sums = new Float64Array(centers.length);
  const counts = new Int32Array(centers.length / dimension);
  assignments.forEach((cluster, row) => {
    counts[cluster]!++;
    for (let d = 0; d < dimension; d++) sums[cluster * dimension + d]! += rows[row * dimension + d]!;
  });
  counts.forEach((count, cluster) => {
    const sum = sums.subarray(cluster * dimension, (cluster + 1) * dimension);
    const by = means ? count : Math.sqrt(sum.reduce((total, x) => total + x * x, 0));
    if (by > 0) centers.set(sum.map((x) => x / by), cluster * dimension);
  });
}
