/** Alignment and uniformity on the sphere, as a loss. */
import { type ContrastiveLoss, defineLoss, l2Normalize, logSumExp } from '@kindred/core';
import { add, eye, mean, mul, pow, reshape, type Scalar, sub, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { checkAbove0, checkNotNegative, checkPairs } from './checks.js';
import { allSquaredDistancesOfUnitRows, rooted, squaredDistances } from './distances.js';

/** How `alignmentUniformity` weighs. */
export interface AlignmentUniformityOptions {
  /** Power α > 0 of the distance between views. No default: the paper uses 1 or 2. */
  readonly alpha: number;
  /** Sharpness t > 0 of the Gaussian between samples. No default: the paper uses 2 and more. */
  readonly t: number;
  /** Weight λ ≥ 0 of the uniformity term. No default: the paper's runs have 0.5 to 1. */
  readonly uniformity: number;
}

/**
 * Views near each other, samples spread over the sphere.
 *
 *     L = mean_i ‖aᵢ − pᵢ‖^α + λ · ½ Σ_z log mean_{i≠j} exp(−t ‖zᵢ − zⱼ‖²)     z: anchors, then positives
 *
 * Rows are normalised here. Gradient flows into both inputs.
 *
 * Scale: as in the paper's code and lightly's `HypersphereLoss`, factor 1.
 *
 * @throws ArgumentError for alpha or t that is not above 0, a negative weight, or pairs with negatives.
 * @throws ShapeError unless both are `[N, D]` with N ≥ 2.
 *
 * @example
 * const eye = tf.eye(2); // aligned; the two samples are at squared distance 2
 * alignmentUniformity({ alpha: 2, t: 2, uniformity: 1 })({ anchors: eye, positives: eye, weight: 1 }).arraySync(); // => -4
 *
 * @see Wang & Isola 2020, "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere"
 */
export function alignmentUniformity({ alpha, t, uniformity }: AlignmentUniformityOptions): ContrastiveLoss<'embeddings'> {
  checkAbove0('alignmentUniformity.alpha', alpha);
  checkAbove0('alignmentUniformity.t', t);
  checkNotNegative('alignmentUniformity', { uniformity });
  return defineLoss({ name: 'alignmentUniformity', kind: 'embeddings', symmetric: true }, (pairs) => {
    const size = checkPairs('alignmentUniformity', pairs, { least: 2 });
    return tidy(() => {
      const [anchors, positives] = [l2Normalize(pairs.anchors), l2Normalize(pairs.positives)];
      const squared = squaredDistances(anchors, positives);
      const alignment = mean(alpha === 2 ? squared : pow(rooted(squared), alpha));
      const spread = mul(add(crowding(anchors, size, t), crowding(positives, size, t)), uniformity / 2);
      return add(alignment, spread) as Scalar;
    });
  });
}

/** log mean_{i≠j} exp(−t ‖zᵢ − zⱼ‖²) */
function crowding(rows: Tensor2D, size: number, t: number): Scalar {
  const exponents = add(mul(allSquaredDistancesOfUnitRows(rows, rows), -t), mul(eye(size), -1e9));
  return sub(logSumExp(reshape(exponents, [-1])), Math.log(size * (size - 1))) as Scalar;
}
