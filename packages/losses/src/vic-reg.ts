/** VICReg: invariance, variance and covariance. */
import { type ContrastiveLoss, defineLoss, matrixProduct } from '@kindred/core';
import {
  add,
  div,
  mean,
  mul,
  relu,
  type Scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';
import { checkNotNegative, checkPairs } from './checks.js';

/** The weights of the three terms, each 0 or more. No defaults: the paper trains with 25, 25 and 1. */
export interface VICRegOptions {
  /** For the distance between views, the paper's λ. */
  readonly invariance: number;
  /** For the spread of each column, the paper's μ. */
  readonly variance: number;
  /** For the covariance of columns, the paper's ν. */
  readonly covariance: number;
}

/**
 * VICReg: views agree, every column keeps a standard deviation of 1, and columns do not covary.
 *
 *     L = λ · mean (a − p)² + μ · ½ Σ_z mean_d max(0, 1 − √(var(z_d) + 1e-4)) + ν · Σ_z Σ_{d≠e} cov(z)_de² / D
 *
 * z runs over the two inputs; variance and covariance are unbiased (N − 1). Rows are not normalised. Gradient flows into
 * both inputs.
 *
 * Scale: the authors' code and lightly, factor 1. solo-learn leaves out the ½ of the variance: give it 2μ. The paper's
 * equation 6 has the squared distance as a sum over the D entries of a row: its λ is this one divided by D.
 *
 * @throws ArgumentError for a negative weight, or pairs with negatives.
 * @throws ShapeError unless both are `[N, D]` with N ≥ 2.
 *
 * @example
 * const z = tf.tensor2d([[1, 1], [-1, 1], [1, -1], [-1, -1]]); // spread of 1.15, nothing in common
 * vicReg({ invariance: 25, variance: 25, covariance: 1 })({ anchors: z, positives: tf.neg(z), weight: 1 }).arraySync(); // => 100
 *
 * @see Bardes et al. 2022, "VICReg: Variance-Invariance-Covariance Regularization", section 4
 */
export function vicReg(options: VICRegOptions): ContrastiveLoss<'embeddings'> {
  const { invariance, variance, covariance } = options;
  checkNotNegative('vicReg', { invariance, variance, covariance });
  return defineLoss({ name: 'vicReg', kind: 'embeddings', symmetric: true }, (pairs) => {
    checkPairs('vicReg', pairs, { least: 2 });
    return tidy(() => {
      const distance = mean(square(sub(pairs.anchors, pairs.positives)));
      const [a, p] = [spread(pairs.anchors), spread(pairs.positives)];
      return add(
        mul(distance, invariance),
        add(mul(add(a.narrow, p.narrow), variance / 2), mul(add(a.shared, p.shared), covariance)),
      ) as Scalar;
    });
  });
}

/** How far columns fall short of a standard deviation of 1, and how much they covary. */
function spread(x: Tensor2D): { narrow: Tensor; shared: Tensor } {
  const [size, dimension] = x.shape;
  const centered = sub(x, mean(x, 0, true)) as Tensor2D;
  const variances = div(sum(square(centered), 0), size - 1); // [D]
  // [N, N] or [D, D], whichever is smaller, has the same sum of squares: with 8,192 columns [D, D] would hold 256 MiB
  const gram = size < dimension ? matrixProduct(centered, centered, false, true) : matrixProduct(centered, centered, true, false);
  const all = sum(square(div(gram, size - 1)));
  return {
    narrow: mean(relu(sub(1, sqrt(add(variances, 1e-4))))),
    shared: div(sub(all, sum(square(variances))), dimension),
  };
}
