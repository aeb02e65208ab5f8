/** NT-Xent: SimCLR's loss over two views. */
import { type ContrastiveLoss, logSumExp } from '@kindred/core';
import { add, eye, mean, mul, type Scalar, sub, tidy } from '@tensorflow/tfjs-core';
import { checkPairs, checkTemperature, refuseNegatives } from './checks.js';
import { absent, viewScores } from './views.js';

/** How `ntXent` compares. */
export interface NTXentOptions {
  /** Softmax temperature τ > 0. No default: published values run from 0.05 to 1. */
  readonly temperature: number;
}

/**
 * NT-Xent, the normalised temperature-scaled cross-entropy: each of the 2N rows must pick the other view of its sample
 * out of the 2N − 1 other rows.
 *
 *     z = [anchors; positives]     L = mean_i [ log Σ_{k≠i} exp(zᵢ·z_k / τ) − zᵢ·z_p(i) / τ ]     over the 2N rows
 *
 * Rows are normalised here. Gradient flows into both inputs.
 *
 * Scale: mean over the 2N rows, as lightly, solo-learn and PyTorch Metric Learning have it, factor 1. Google's SimCLR and
 * TensorFlow Similarity report 2 times this: with SGD their learning rate is worth double.
 *
 * On pairs of NNCLR, anchors NN(z₁) and positives p₂, this is lightly's NNCLR loss. It is not the paper's: the neighbours
 * and the predictions also stand among each other's negatives. The paper's is `infoNCE`.
 *
 * @throws ArgumentError for a temperature that is not above 0, or pairs with negatives.
 * @throws ShapeError unless both are `[N, D]` with N ≥ 2: of one pair the loss is always 0.
 *
 * @example
 * const eye = tf.eye(2); // two samples, both views alike: log(1 + 2·e⁻²)
 * ntXent({ temperature: 0.5 })({ anchors: eye, positives: eye, weight: 1 }).arraySync(); // => 0.2395448
 *
 * @see Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", equation 1
 */
export function ntXent({ temperature }: NTXentOptions): ContrastiveLoss {
  checkTemperature('ntXent', temperature);
  return (pairs) => {
    const size = checkPairs('ntXent', pairs, 2);
    refuseNegatives('ntXent', pairs);
    return tidy(() => {
      const { scores, own } = viewScores(pairs, temperature);
      const others = add(scores, mul(eye(2 * size), absent));
      // the score with the positive is one number for both of its rows
      return sub(mean(logSumExp(others)), mean(own)) as Scalar;
    });
  };
}
