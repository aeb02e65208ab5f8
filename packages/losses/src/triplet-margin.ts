/** Triplet margin: the positive must be nearer than the negative. */
import { ArgumentError, type ContrastiveLoss, defineLoss, l2Normalize, matrixProduct, type PositivePairs } from '@kindred/core';
import {
  concat,
  customGrad,
  expandDims,
  mul,
  reshape,
  type Scalar,
  scalar,
  sub,
  square,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import { checkOneOf, checkOneSet, checkPairs, type RowsOf } from './checks.js';
import { allSquaredDistances, rooted, squaredDistances } from './distances.js';
import { costOf, type DistanceTable, type Margin, minedCosts, type TripletAverage } from './mined-costs.js';
import type { Miner } from './miners.js';

/** How `tripletMargin` compares. */
export interface TripletMarginOptions {
  /**
   * How much nearer the positive must be, 0 or more. `soft`: log(1 + exp(·)) without a margin, whose gradient never vanishes; `{ soft: m }`: the same
   * with a margin of m (PyTorch Metric Learning's `smooth_loss`). No default.
   */
  readonly margin: Margin;
  /** `euclidean` and `squared-euclidean` take rows as they are, `cosine` is 1 − cos. No default. */
  readonly distance: 'euclidean' | 'squared-euclidean' | 'cosine';
  /** Which triplets count: `allTriplets()`, `batchHard()`, `semiHard()`, `easyPositive(...)`, or a miner of your own. No default. */
  readonly miner: Miner;
  /**
   * `all` (the default): the mean over all triplets taken. `non-zero`: over those that cost something, PyTorch Metric Learning's default
   * (`AvgNonZeroReducer`), whose gradient does not fade as triplets are satisfied.
   */
  readonly average?: TripletAverage;
  /**
   * `pairs` (the default): row i of `positives` is another view of anchor i. `one set`: anchors and positives are the same labelled rows,
   * one tensor given as both; a row is neither its own positive nor its own negative.
   */
  readonly rows?: RowsOf;
}

/**
 * Triplet margin loss over the triplets that a miner chooses.
 *
 *     L = mean_t max(0, d(a, p) − d(a, n) + margin)     soft: mean_t log(1 + exp(d(a, p) − d(a, n) + margin))
 *
 * The positive of anchor i is row i of `positives`; with `labels`, so is every other row of its class (−1, unknown, is a class of
 * its own). Its negatives are `negatives` if there are any, otherwise the rows of `positives` that are not its positives; and with
 * either, its `ownNegatives` if there are any. Euclidean distances take rows as they are: normalise before (`l2Normalize` of core) to
 * compare directions. Gradient flows into all inputs; the choice of the triplets is not differentiated.
 *
 * Scale: mean over the chosen triplets, including those that cost nothing: PyTorch's `TripletMarginLoss` factor 1, PyTorch
 * Metric Learning's with `MeanReducer` factor 1; with `average: 'non-zero'` its default, factor 1.
 *
 * A batch in which no triplet is found (all rows of one class, a miner that takes none) costs 0, and every gradient is 0, as in PyTorch
 * Metric Learning: such a step teaches nothing. Batches with several classes, and several samples of each, avoid it.
 *
 * Distances are read from the backend for the miner, `[N, N]` or `[N, K]` of them. Those of nearby rows that are far from the others
 * are exact, too.
 *
 * @throws ArgumentError for a margin below 0, an unknown distance, labels that are not one a row, or `one set` without labels or with
 * two tensors.
 * @throws ShapeError unless anchors and positives are `[N, D]`, negatives `[K, D]` and own negatives `[N, k, D]`; N ≥ 2 without
 * negatives.
 *
 * @example
 * // the positive at distance 5, the nearest negative at 2: 5 − 2 + 1
 * const loss = tripletMargin({ margin: 1, distance: 'euclidean', miner: batchHard() });
 * const [a, p, n] = [[[0, 0]], [[3, 4]], [[0, 2], [9, 9]]].map((rows) => tf.tensor2d(rows));
 * loss({ anchors: a!, positives: p!, negatives: n!, weight: 1 }).arraySync(); // => 4
 *
 * @see Schroff et al. 2015, FaceNet, equation 2; Hermans et al. 2017, "In Defense of the Triplet Loss", for `soft`
 */
export function tripletMargin({ margin, distance, miner, average = 'all', rows = 'pairs' }: TripletMarginOptions): ContrastiveLoss<'embeddings'> {
  const by = typeof margin === 'object' ? margin.soft : margin;
  if (by !== 'soft' && !(by >= 0 && by < Infinity)) {
    throw new ArgumentError('tripletMargin.margin', "a number of 0 or more, 'soft', or { soft: a number of 0 or more }", margin);
  }
  checkOneOf('tripletMargin.average', average, ['all', 'non-zero']);
  checkOneOf('tripletMargin.rows', rows, ['pairs', 'one set']);
  checkOneOf('tripletMargin.distance', distance, Object.keys(measures));
  if (typeof miner !== 'function') throw new ArgumentError('tripletMargin.miner', 'a miner', miner, 'Take batchHard() or another.');
  const cost = costOf(margin);
  return defineLoss({ name: 'tripletMargin', kind: 'embeddings', uses: ['labels', 'negatives', 'ownNegatives'] }, (pairs) => {
    const { negatives, ownNegatives, labels } = pairs;
    const inBatch = negatives === undefined;
    const size = checkPairs('tripletMargin', pairs, { least: inBatch && ownNegatives === undefined ? 2 : 1, takes: ['negatives', 'ownNegatives'] });
    if (labels !== undefined && labels.length !== size) {
      throw new ArgumentError('tripletMargin.labels', `${size} classes, one per pair`, labels.length, 'Take a strategy that passes labels on.');
    }
    if (rows === 'one set') checkOneSet('tripletMargin', pairs);
    return tidy(() => {
      const { toPositives, toNegatives } = distancesOf(pairs, measures[distance]);
      const [width, all] = [toPositives.shape[1], toNegatives.shape[1]];
      const alike = labels && classmates(labels);
      const others = inBatch ? strangers(size, all, alike) : () => undefined;
      const positivesOf = (anchor: number): Int32Array | undefined =>
        rows === 'one set' ? alike![anchor]!.filter((row) => row !== anchor) : alike?.[anchor];
      return customGrad((...given) => {
        const [near, far] = given as unknown as [Tensor2D, Tensor2D];
        const positives: DistanceTable = { distances: near.dataSync() as Float32Array, columns: width, of: positivesOf };
        const negatives: DistanceTable = { distances: far.dataSync() as Float32Array, columns: all, of: others };
        const found = minedCosts(size, positives, negatives, miner, cost, average);
        const { slopes } = found;
        const gradFunc = (dy: Tensor): Tensor[] => [mul(dy, tensor2d(slopes.positives, near.shape)), mul(dy, tensor2d(slopes.negatives, far.shape))];
        return { value: scalar(found.mean), gradFunc };
      })(toPositives, toNegatives) as Scalar;
    });
  });
}

/** Distances between rows: row i of both `[N]`, all to all `[N, K]`, and each to its own `[N, k]`. */
interface Measure {
  readonly ofPairs: (a: Tensor2D, b: Tensor2D) => Tensor;
  readonly ofAll: (a: Tensor2D, b: Tensor2D) => Tensor2D;
  readonly ofOwn: (a: Tensor2D, b: Tensor3D) => Tensor2D;
  /** How rows are transformed first. */
  readonly laidOut: <T extends Tensor>(rows: T) => T;
}

const asIs = <T extends Tensor>(rows: T): T => rows;
const ownSquared = (a: Tensor2D, b: Tensor3D): Tensor2D => sum(square(sub(expandDims(a, 1), b)), 2);

const measures: Readonly<Record<TripletMarginOptions['distance'], Measure>> = {
  euclidean: {
    ofPairs: (a, b) => rooted(squaredDistances(a, b)),
    ofAll: (a, b) => rooted(allSquaredDistances(a, b)),
    ofOwn: (a, b) => rooted(ownSquared(a, b)),
    laidOut: asIs,
  },
  'squared-euclidean': { ofPairs: squaredDistances, ofAll: allSquaredDistances, ofOwn: ownSquared, laidOut: asIs },
  cosine: {
    ofPairs: (a, b) => sub(1, sum(mul(a, b), 1)),
    ofAll: (a, b) => sub(1, matrixProduct(a, b, false, true)),
    ofOwn: (a, b) => sub(1, sum(mul(expandDims(a, 1), b), 2)),
    laidOut: (rows) => l2Normalize(rows),
  },
};

/** `[N, 1]`, with labels `[N, N]`; and `[N, N or K, and k more]`. */
function distancesOf(pairs: PositivePairs, { ofPairs, ofAll, ofOwn, laidOut }: Measure): { toPositives: Tensor2D; toNegatives: Tensor2D } {
  const [anchors, positives] = [laidOut(pairs.anchors), laidOut(pairs.positives)];
  const inBatch = pairs.labels === undefined && pairs.negatives !== undefined ? undefined : ofAll(anchors, positives);
  const toAll = pairs.negatives === undefined ? inBatch! : ofAll(anchors, laidOut(pairs.negatives));
  const toOwn = pairs.ownNegatives === undefined ? [] : [ofOwn(anchors, laidOut(pairs.ownNegatives))];
  return {
    toPositives: pairs.labels === undefined ? reshape(ofPairs(anchors, positives), [-1, 1]) : inBatch!,
    toNegatives: toOwn.length === 0 ? toAll : concat([toAll, ...toOwn], 1),
  };
}

/** For each row, the rows of its class, itself included. */
function classmates(labels: Int32Array): Int32Array[] {
  const places = Int32Array.from(labels, (_, i) => i);
  return Array.from(labels, (label, i) => places.filter((j) => j === i || (label >= 0 && labels[j] === label)));
}

/** For each of N rows, the columns that are not its positives; those beyond N are its own negatives. */
function strangers(size: number, columns: number, alike: readonly Int32Array[] | undefined): (anchor: number) => Int32Array {
  const all = Int32Array.from({ length: columns }, (_, column) => column);
  return (anchor) => {
    const known = new Set(alike === undefined ? [anchor] : alike[anchor]);
    return all.filter((column) => column >= size || !known.has(column));
  };
}
