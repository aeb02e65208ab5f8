/** Cross-entropy against classes or clusters, with rows that do not count. */
import { ArgumentError, type ContrastiveLoss, defineLoss, softmaxCrossEntropy } from '@kindred/core';
import { abs, cast, div, greater, type Scalar, sum, type Tensor1D, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { checkPairs, checkTemperature } from './checks.js';

/** How `crossEntropy` compares. */
export interface CrossEntropyOptions {
  /** Softmax temperature τ > 0. DeepCluster v2 trains with 0.1, a classifier with 1. */
  readonly temperature: number;
}

/**
 * The cross-entropy of targets and softmaxed scores. A row whose targets are all 0 does not count, as PyTorch's
 * `ignore_index`: a sample without a class or a cluster.
 *
 *     L = −mean_i Σ_k y_ik log softmax_k(s_i / τ)     over the rows i with a target
 *
 * `anchors` are scores s `[N, K]`, one column a class, as they are: nothing is normalised here. `positives` are targets y
 * `[N, K]`, one-hot or soft. Gradient flows into both; which rows count is a constant.
 *
 * Scale: mean per anchor that counts; PyTorch's `cross_entropy` of s / τ, factor 1. Where no row counts PyTorch gives NaN;
 * here it is an error.
 *
 * @throws ArgumentError for a temperature that is not above 0, pairs with negatives, or targets that are all 0.
 * @throws ShapeError unless both are `[N, K]`.
 *
 * @example
 * // the second row has no target: log(1 + e⁻²)
 * const pairs = { anchors: tf.tensor2d([[2, 0], [5, 1]]), positives: tf.tensor2d([[1, 0], [0, 0]]), weight: 1 };
 * crossEntropy({ temperature: 1 })(pairs).arraySync(); // => 0.126928
 *
 * @see Caron et al. 2020, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", section 3 (DeepCluster-v2)
 */
export function crossEntropy({ temperature }: CrossEntropyOptions): ContrastiveLoss<'scores'> {
  checkTemperature('crossEntropy', temperature);
  return defineLoss({ name: 'crossEntropy', kind: 'scores' }, (pairs) => {
    const size = checkPairs('crossEntropy', pairs, { axes: 'N K', remedy: 'Scores and targets have one column a class or cluster.' });
    return tidy(() => {
      const counts = cast(greater(sum(abs(pairs.positives), 1), 0), 'float32') as Tensor1D; // [N]
      const counted = sum(counts).dataSync()[0]!;
      if (counted === 0) {
        throw new ArgumentError('crossEntropy.positives', 'a target in at least one row', `zeros in all ${size} rows`, 'No row counts: leave the step out.');
      }
      const rows = softmaxCrossEntropy(div(pairs.anchors, temperature) as Tensor2D, pairs.positives);
      return div(sum(rows), counted) as Scalar; // rows without a target are 0
    });
  });
}
