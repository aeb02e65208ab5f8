/** Swapped prediction: the prototype scores of one view predict the codes of another. */
import { type ContrastiveLoss, defineLoss, softmaxCrossEntropy } from '@kindred/core';
import { div, mean, type Scalar, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { checkPairs, checkTemperature } from './checks.js';

/** How `swappedPrediction` compares. */
export interface SwappedPredictionOptions {
  /** Softmax temperature τ > 0 of the scores. No default; SwAV trains with 0.1. */
  readonly temperature: number;
}

/**
 * The cross-entropy of codes and softmaxed scores.
 *
 *     L = −mean_i Σ_k q_ik log softmax_k(s_i / τ)
 *
 * `anchors` are the scores s `[N, K]` of a view, one column a prototype, as they are: nothing is normalised here. `positives`
 * are the codes q `[N, K]` of another view, rows that sum to 1. Gradient flows into both; codes are constants in SwAV, which is
 * the strategy's job (`prototypes` of `@kindred/methods`).
 *
 * Scale: mean per anchor. SwAV's loss is the mean of this over its pairs, factor 1; PyTorch's `cross_entropy` with
 * probabilities as targets is this of s / τ, factor 1.
 *
 * @throws ArgumentError for a temperature that is not above 0, or pairs with negatives.
 * @throws ShapeError unless both are `[N, K]`.
 *
 * @example
 * // one sample, two prototypes, the code says the first: log(1 + e⁻²)
 * const pair = { anchors: tf.tensor2d([[1, 0]]), positives: tf.tensor2d([[1, 0]]), weight: 1 };
 * swappedPrediction({ temperature: 0.5 })(pair).arraySync(); // => 0.126928
 *
 * @see Caron et al. 2020, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", equation 2
 */
export function swappedPrediction({ temperature }: SwappedPredictionOptions): ContrastiveLoss<'scores'> {
  checkTemperature('swappedPrediction', temperature);
  return defineLoss({ name: 'swappedPrediction', kind: 'scores' }, (pairs) => {
    checkPairs('swappedPrediction', pairs, { axes: 'N K', remedy: 'Scores and codes have one column a prototype.' });
    return tidy(() => mean(softmaxCrossEntropy(div(pairs.anchors, temperature) as Tensor2D, pairs.positives)) as Scalar);
  });
}
