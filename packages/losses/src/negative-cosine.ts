/** Negative cosine: SimSiam's and BYOL's loss. */
import { type ContrastiveLoss, defineLoss, l2Normalize } from '@kindred/core';
import { mean, mul, neg, type Scalar, sum, tidy } from '@tensorflow/tfjs-core';
import { checkPairs } from './checks.js';

/**
 * The negative cosine of each anchor and its positive. Without negatives nothing keeps rows apart: positives must be
 * targets of a momentum encoder, or constants (`stopGradient` of core), which is the strategy's job.
 *
 *     L = −mean_i [ aᵢ·pᵢ / (‖aᵢ‖ ‖pᵢ‖) ]
 *
 * Gradient flows into both inputs where they are not constants.
 *
 * Scale: mean per anchor, −1..1. SimSiam and lightly report the same, as the mean of both view orders. BYOL reports
 * ‖a − p‖² = 2 + 2·L for each order and adds the two: its gradient is 4 times that of the mean of both orders.
 *
 * @throws ArgumentError for pairs with negatives. ShapeError unless both are `[N, D]`.
 *
 * @example
 * const [a, p] = [tf.tensor2d([[1, 0]]), tf.tensor2d([[3, 4]])];
 * negativeCosine()({ anchors: a, positives: p, weight: 1 }).arraySync(); // => -0.6
 *
 * @see Chen & He 2021, "Exploring Simple Siamese Representation Learning", equation 1; Grill et al. 2020, BYOL, equation 2
 */
export function negativeCosine(): ContrastiveLoss<'embeddings'> {
  return defineLoss({ name: 'negativeCosine', kind: 'embeddings', symmetric: true }, (pairs) => {
    checkPairs('negativeCosine', pairs);
    return tidy(() => neg(mean(sum(mul(l2Normalize(pairs.anchors), l2Normalize(pairs.positives)), 1))) as Scalar);
  });
}
