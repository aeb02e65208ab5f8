/** NT-Xent: SimCLR's loss over two views or more. */
import { type ContrastiveLoss, defineLoss, logSumExp } from '@kindred/core';
import { add, eye, mean, mul, type Scalar, sub, tidy } from '@tensorflow/tfjs-core';
import { checkPairs, checkTemperature } from './checks.js';
import { absent, viewScores } from './views.js';

/** How `ntXent` compares. */
export interface NTXentOptions {
  /** Softmax temperature τ > 0. No default: published values run from 0.05 to 1. */
  readonly temperature: number;
}

/**
 * NT-Xent, the normalised temperature-scaled cross-entropy: each row must pick the other views of its sample out of all
 * other rows.
 *
 *     z = [anchors; positives; furtherViews]     L = mean_i [ log Σ_{k≠i} exp(zᵢ·z_k / τ) − mean_{p∈P(i)} zᵢ·z_p / τ ]
 *
 * over the VN rows; P(i) are the V − 1 other views of row i's sample. Rows are normalised here. Gradient flows into all inputs.
 *
 * Scale: mean over the rows. For two views it is the loss of lightly, solo-learn and PyTorch Metric Learning, factor 1; Google's
 * SimCLR and TensorFlow Similarity report 2 times this: with SGD their learning rate is worth double.
 *
 * For more than two views it is SupCon with every sample as its own class (equation 2 of Khosla et al. 2020; the same as
 * PyTorch Metric Learning's `SupConLoss` with the samples' numbers as labels, factor 1): a row's other positives stand in its
 * denominator. Other published forms differ in value and gradient as soon as V > 2. PyTorch Metric Learning's `NTXentLoss` sets
 * each positive against the negatives alone, solo-learn's multi-crop SimCLR sums over the positives inside of the logarithm,
 * and the mean over all pairs of views (`otherView` with directions `once`) has two views at a time.
 *
 * On pairs of NNCLR, anchors NN(z₁) and positives p₂, this is lightly's NNCLR loss. It is not the paper's: the neighbours
 * and the predictions also stand among each other's negatives. The paper's is `infoNCE`.
 *
 * @throws ArgumentError for a temperature that is not above 0, or pairs with negatives.
 * @throws ShapeError unless all are `[N, D]` with N ≥ 2: of one pair the loss is always 0.
 *
 * @example
 * const eye = tf.eye(2); // two samples, both views alike: log(1 + 2·e⁻²)
 * ntXent({ temperature: 0.5 })({ anchors: eye, positives: eye, weight: 1 }).arraySync(); // => 0.2395448
 *
 * @see Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", equation 1; Khosla et al.
 * 2020, "Supervised Contrastive Learning", equation 2
 */
export function ntXent({ temperature }: NTXentOptions): ContrastiveLoss<'embeddings'> {
  checkTemperature('ntXent', temperature);
  return defineLoss({ name: 'ntXent', kind: 'embeddings', uses: ['furtherViews'], symmetric: true }, (pairs) => {
    const size = checkPairs('ntXent', pairs, { least: 2, takes: ['furtherViews'] });
    return tidy(() => {
      const { views, scores, own } = viewScores(pairs, temperature);
      const others = add(scores, mul(eye(views * size), absent));
      // the score of two views is one number for both of their rows
      return sub(mean(logSumExp(others)), mean(own)) as Scalar;
    });
  });
}
