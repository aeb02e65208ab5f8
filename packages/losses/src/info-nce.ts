/** InfoNCE: each anchor picks its positive out of its candidates. */
import { ArgumentError, type ContrastiveLoss, defineLoss, l2Normalize, logSumExp, matrixProduct } from '@kindred/core';
import { add, concat, div, expandDims, mean, mul, type Scalar, sub, sum, type Tensor, type Tensor2D, tidy, transpose } from '@tensorflow/tfjs-core';
import { checkOneOf, checkPairs, checkTemperature } from './checks.js';

/** How `infoNCE` compares. */
export interface InfoNCEOptions {
  /** Softmax temperature τ > 0. No default: published values run from 0.05 to 1. */
  readonly temperature: number;
  /**
   * `rows` (the default): anchor i picks positive i out of all positives, as in NNCLR's pseudo-code. `both`: the mean of
   * that and of positive i picking anchor i out of all anchors; not with `negatives` or `ownNegatives`, which have no columns.
   */
  readonly direction?: 'rows' | 'both';
  /**
   * Whether rows are scaled to length 1 here. `false` compares them as they are, for pairs whose rows have length 1 already and whose gradient
   * must not pass the normalisation twice (`unitRows`, straight-through neighbours). Default: true.
   */
  readonly normalize?: boolean;
}

/**
 * InfoNCE: anchor i must pick positive i out of its candidates.
 *
 *     L = mean_i [ logsumexp_c(aᵢ·c / τ) − aᵢ·pᵢ / τ ]
 *
 * The candidates of anchor i are pᵢ and the `negatives` if there are any (MoCo), otherwise every row of `positives` (NNCLR); and with either,
 * the `ownNegatives` of anchor i if there are any (hard negatives). Rows are normalised here, unless `normalize` is false. Gradient flows into all inputs:
 * negatives from a queue are constants, those that depend on weights are trained. `weight` is left to the caller.
 *
 * Scale: mean per anchor.
 * - `rows`: the paper's pseudo-code, solo-learn's NNCLR, MoCo v1 and v2, and CLIP's image half, factor 1. MoCo v3 reports
 *   2τ times this for each of its two terms. An example that leaves the N values unreduced (Keras) trains with N times it.
 * - `both`: CLIP's loss, factor 1, and half the sum of NNCLR's row and column terms. The Keras NNCLR example keeps the
 *   4 terms of both view orders unreduced: its gradient is 4N times the mean of `both` over the two orders.
 *
 * @throws ArgumentError for a temperature that is not above 0, or `both` with negatives.
 * @throws ShapeError unless anchors and positives are `[N, D]`, negatives `[K, D]` and own negatives `[N, k, D]`.
 *
 * @example
 * const eye = tf.eye(3); // three orthogonal rows: log(1 + 2·e⁻²)
 * infoNCE({ temperature: 0.5 })({ anchors: eye, positives: eye, weight: 1 }).arraySync(); // => 0.2395448
 *
 * @see van den Oord et al. 2018, equation 4; Dwibedi et al. 2021, section 3; He et al. 2020, MoCo, equation 1
 */
export function infoNCE({ temperature, direction = 'rows', normalize = true }: InfoNCEOptions): ContrastiveLoss<'embeddings'> {
  checkTemperature('infoNCE', temperature);
  checkOneOf('infoNCE.direction', direction, ['rows', 'both']);
  const scaled = <T extends Tensor>(rows: T): T => (normalize ? l2Normalize(rows) : rows);
  return defineLoss({ name: 'infoNCE', kind: 'embeddings', uses: direction === 'rows' ? ['negatives', 'ownNegatives'] : [], symmetric: direction === 'both' }, (pairs) => {
    const alone = pairs.negatives === undefined && pairs.ownNegatives === undefined;
    checkPairs('infoNCE', pairs, { least: alone ? 2 : 1, takes: ['negatives', 'ownNegatives'] });
    if (!alone && direction === 'both') {
      throw new ArgumentError('infoNCE.direction', "'rows' where pairs have negatives", direction, 'Take rows, or leave the negatives out.');
    }
    return tidy(() => {
      const anchors = div(scaled(pairs.anchors), temperature) as Tensor2D; // [N, D]
      const positives = scaled(pairs.positives); // [N, D]
      const own = sum(mul(anchors, positives), 1, true) as Tensor2D; // [N, 1]
      const scores = matrixProduct(anchors, pairs.negatives === undefined ? positives : scaled(pairs.negatives), false, true);
      const candidates: Tensor2D[] = [logSumExp(scores, true) as Tensor2D];
      // in steps, where one over [N, 1 + K] would copy the scores: 64 MiB for 256 anchors and 65,536 negatives
      if (pairs.negatives !== undefined) candidates.push(own);
      if (pairs.ownNegatives !== undefined) candidates.push(sum(mul(expandDims(anchors, 1), scaled(pairs.ownNegatives)), 2) as Tensor2D);
      const every = candidates.length === 1 ? candidates[0]! : logSumExp(concat(candidates, 1), true); // [N, 1]
      const rows = mean(sub(every, own)) as Scalar;
      if (direction === 'rows') return rows;
      const columns = mean(sub(logSumExp(transpose(scores), true), own));
      return div(add(rows, columns), 2) as Scalar;
    });
  });
}
