/** Barlow Twins: the cross-correlation of two views should be the identity. */
import { type ContrastiveLoss, defineLoss, matrixProduct } from '@kindred/core';
import { add, div, eye, mean, mul, rsqrt, type Scalar, square, sub, sum, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { checkNotNegative, checkPairs } from './checks.js';

/** How `barlowTwins` weighs. */
export interface BarlowTwinsOptions {
  /** Weight λ ≥ 0 of the redundancy term. No default: the paper trains with 0.0051, lightly's default is 0.005. */
  readonly lambda: number;
}

/**
 * Barlow Twins: entries of the embedding agree between views and do not repeat one another.
 *
 *     C = â ᵀ p̂ / N     L = Σ_d (1 − C_dd)² + λ Σ_{d≠e} C_de²
 *
 * â and p̂ are the inputs with each column at mean 0 and variance 1 over the batch (epsilon 1e-5, as in batch norm). Rows
 * are not normalised. Gradient flows into both inputs, and through mean and variance.
 *
 * Scale: the paper's: a sum over the D² entries, not a mean per anchor. The authors' code and lightly, factor 1; the
 * authors' training script multiplies by 1/32, solo-learn's by 0.1 (CIFAR) or 0.024.
 *
 * @throws ArgumentError for a negative lambda, or pairs with negatives.
 * @throws ShapeError unless both are `[N, D]` with N ≥ 2.
 *
 * @example
 * const z = tf.tensor2d([[1, 1], [-1, 1], [1, -1], [-1, -1]]); // two columns that do not correlate: 2·(1 + 1)², less epsilon
 * barlowTwins({ lambda: 0.005 })({ anchors: z, positives: tf.neg(z), weight: 1 }).arraySync(); // => 7.99992
 *
 * @see Zbontar et al. 2021, "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", equations 1 and 2
 */
export function barlowTwins({ lambda }: BarlowTwinsOptions): ContrastiveLoss<'embeddings'> {
  checkNotNegative('barlowTwins', { lambda });
  return defineLoss({ name: 'barlowTwins', kind: 'embeddings', symmetric: true }, (pairs) => {
    const size = checkPairs('barlowTwins', pairs, { least: 2 });
    return tidy(() => {
      const correlation = div(matrixProduct(standardized(pairs.anchors), standardized(pairs.positives), true, false), size); // [D, D]
      const identity = eye(correlation.shape[0]!);
      const weights = add(mul(identity, 1 - lambda), lambda);
      return sum(mul(square(sub(correlation, identity)), weights)) as Scalar;
    });
  });
}

/** Each column at mean 0 and variance 1. */
function standardized(x: Tensor2D): Tensor2D {
  const centered = sub(x, mean(x, 0, true));
  return mul(centered, rsqrt(add(mean(square(centered), 0, true), 1e-5)));
}
