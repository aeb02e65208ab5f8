/** Triplet margin: the positive must be nearer than the negative. */
import { ArgumentError, type ContrastiveLoss, l2Normalize, type PositivePairs } from '@kindred/core';
import {
  add,
  argMax,
  argMin,
  cast,
  customGrad,
  equal,
  eye,
  less,
  lessEqual,
  matMul,
  mean,
  min,
  mul,
  range,
  relu,
  reshape,
  type Scalar,
  softplus,
  sub,
  sum,
  type Tensor,
  tidy,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { checkOneOf, checkPairs } from './checks.js';
import { allSquaredDistances, rooted, squaredDistances } from './distances.js';

/** How `tripletMargin` compares. */
export interface TripletMarginOptions {
  /** How much nearer the positive must be, 0 or more; `soft` for log(1 + exp(·)), which never lets go. No default. */
  readonly margin: number | 'soft';
  /** `euclidean` and `squared-euclidean` take rows as they are, `cosine` is 1 − cos. No default. */
  readonly distance: 'euclidean' | 'squared-euclidean' | 'cosine';
  /**
   * Which negatives count. `hardest`: the nearest. `semi-hard`: the nearest of those farther than the positive, else the
   * farthest. `all`: every one, as a mean. No default.
   */
  readonly mining: 'hardest' | 'semi-hard' | 'all';
}

/**
 * Triplet margin loss, with negatives found in the batch.
 *
 *     L = mean_i max(0, d(aᵢ, pᵢ) − d(aᵢ, nᵢ) + margin)     soft: mean_i log(1 + exp(d(aᵢ, pᵢ) − d(aᵢ, nᵢ)))
 *
 * Negatives of anchor i are `negatives` where given, else the other rows of `positives`; `mining` picks among them.
 * Euclidean distances take rows as they are: normalise before (`l2Normalize` of core) to compare directions. Gradient
 * flows into all inputs; the choice of the negative is not differentiated.
 *
 * Scale: mean per anchor, also over triplets that cost nothing: PyTorch's `TripletMarginLoss` factor 1, PyTorch Metric
 * Learning's with `MeanReducer` factor 1 (its default averages over the triplets that cost something).
 *
 * @throws ArgumentError for a margin below 0, an unknown distance or mining.
 * @throws ShapeError unless anchors and positives are `[N, D]` and negatives `[K, D]`; N ≥ 2 without negatives.
 *
 * @example
 * // the positive at distance 5, the nearest negative at 2: 5 − 2 + 1
 * const loss = tripletMargin({ margin: 1, distance: 'euclidean', mining: 'hardest' });
 * const [a, p, n] = [[[0, 0]], [[3, 4]], [[0, 2], [9, 9]]].map((rows) => tf.tensor2d(rows));
 * loss({ anchors: a!, positives: p!, negatives: n!, weight: 1 }).arraySync(); // => 4
 *
 * @see Schroff et al. 2015, FaceNet, equation 2; Hermans et al. 2017, "In Defense of the Triplet Loss", for `soft`
 */
export function tripletMargin({ margin, distance, mining }: TripletMarginOptions): ContrastiveLoss {
  if (margin !== 'soft' && !(margin >= 0 && margin < Infinity)) {
    throw new ArgumentError('tripletMargin.margin', "a number of 0 or more, or 'soft'", margin);
  }
  checkOneOf('tripletMargin.distance', distance, ['euclidean', 'squared-euclidean', 'cosine']);
  checkOneOf('tripletMargin.mining', mining, ['hardest', 'semi-hard', 'all']);
  return (pairs) => {
    checkPairs('tripletMargin', pairs, { least: pairs.negatives === undefined ? 2 : 1, takes: ['negatives'] });
    return tidy(() => {
      const { toPositive, toNegatives } = distancesOf(pairs, distance);
      const gaps = sub(toPositive, mined(toPositive, toNegatives, pairs.negatives === undefined, mining)); // [N, 1 or K]
      const costs = margin === 'soft' ? softplus(gaps) : relu(add(gaps, margin));
      if (mining !== 'all' || pairs.negatives !== undefined) return mean(costs) as Scalar;
      const others = sub(1, eye(costs.shape[0]!));
      return mul(sum(mul(costs, others)), 1 / (costs.shape[0]! * (costs.shape[0]! - 1))) as Scalar;
    });
  };
}

/** `[N, 1]` and `[N, K]`. */
function distancesOf(
  { anchors, positives, negatives = positives }: PositivePairs,
  distance: TripletMarginOptions['distance'],
): { toPositive: Tensor; toNegatives: Tensor } {
  if (distance === 'cosine') {
    const [a, p, n] = [l2Normalize(anchors), l2Normalize(positives), l2Normalize(negatives)] as const;
    return { toPositive: sub(1, sum(mul(a, p), 1, true)), toNegatives: sub(1, matMul(a, n, false, true)) };
  }
  const [own, all] = [reshape(squaredDistances(anchors, positives), [-1, 1]), allSquaredDistances(anchors, negatives)];
  return distance === 'euclidean'
    ? { toPositive: rooted(own), toNegatives: rooted(all) }
    : { toPositive: own, toNegatives: all };
}

/** Beyond every distance: where a row is no candidate. */
const beyond = 1e18;

/** The distances that count: `[N, 1]`, or all of `[N, K]`. */
function mined(toPositive: Tensor, toNegatives: Tensor, inBatch: boolean, mining: TripletMarginOptions['mining']): Tensor {
  if (mining === 'all') return toNegatives;
  const chosen = constantOf([toPositive, toNegatives], (own, all) => {
    const itself = inBatch ? mul(eye(all.shape[0]!), beyond) : zerosLike(all); // a row is no negative of its own anchor
    const nearest = add(all, itself);
    if (mining === 'hardest') return oneHotRows(argMin(nearest, 1), all);
    const farther = add(nearest, mul(cast(lessEqual(all, own), 'float32'), beyond));
    const some = cast(less(min(farther, 1, true), beyond), 'float32'); // [N, 1]
    const farthest = oneHotRows(argMax(sub(all, itself), 1), all);
    return add(mul(oneHotRows(argMin(farther, 1), all), some), mul(farthest, sub(1, some)));
  });
  return sum(mul(toNegatives, chosen), 1, true);
}

/** 1 at each row's index, else 0: `[N, K]`. Not tf.oneHot, which refuses K = 1. */
function oneHotRows(indices: Tensor, like: Tensor): Tensor {
  const columns = range(0, like.shape[1]!, 1, 'int32');
  return cast(equal(reshape(cast(indices, 'int32'), [-1, 1]), columns), 'float32');
}

/** A choice by value: comparisons have no gradient in tfjs, so they are computed beside its tape. */
function constantOf(inputs: readonly [Tensor, Tensor], compute: (first: Tensor, second: Tensor) => Tensor): Tensor {
  return customGrad((...given) => {
    const [first, second] = given as unknown as [Tensor, Tensor];
    return { value: compute(first, second), gradFunc: () => [zerosLike(first), zerosLike(second)] };
  })(...inputs);
}
