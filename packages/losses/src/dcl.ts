/** DCL and DCLW: NT-Xent without the positive in its own denominator. */
import { type ContrastiveLoss, defineLoss, logSumExp, type PositivePairs, stopGradient } from '@kindred/core';
import {
  add,
  eye,
  mean,
  mul,
  type Scalar,
  softmax,
  sub,
  type Tensor1D,
  tidy,
  tile,
} from '@tensorflow/tfjs-core';
import { checkAbove0, checkPairs, checkTemperature } from './checks.js';
import { absent, viewScores } from './views.js';

/** How `dcl` compares. */
export interface DCLOptions {
  /** Temperature τ > 0. No default: the paper trains with 0.1 to 0.2. */
  readonly temperature: number;
}

/** How `dclw` compares. */
export interface DCLWOptions extends DCLOptions {
  /** How sharply a pair that is already close loses weight, σ > 0. No default: the paper uses 0.5. */
  readonly sigma: number;
}

/**
 * Decoupled contrastive loss: as `ntXent`, with the positive left out of the denominator, so that an easy positive no
 * longer stops the negatives from being pushed. Made for small batches.
 *
 *     z = [anchors; positives]     L = mean_i [ −zᵢ·z_p(i) / τ + log Σ_{k ≠ i, p(i)} exp(zᵢ·z_k / τ) ]     over the 2N rows
 *
 * Rows are normalised here. Gradient flows into both inputs. The value may be negative.
 *
 * Scale: mean over the 2N rows, lightly's `DCLLoss` factor 1.
 *
 * @throws ArgumentError for a temperature that is not above 0, or pairs with negatives.
 * @throws ShapeError unless both are `[N, D]` with N ≥ 2: of one pair there are no negatives.
 *
 * @example
 * const eye = tf.eye(2); // two samples, both views alike: log 2 − 2
 * dcl({ temperature: 0.5 })({ anchors: eye, positives: eye, weight: 1 }).arraySync(); // => -1.3068528
 *
 * @see Yeh et al. 2022, "Decoupled Contrastive Learning"
 */
export function dcl({ temperature }: DCLOptions): ContrastiveLoss<'embeddings'> {
  checkTemperature('dcl', temperature);
  return defineLoss({ name: 'dcl', kind: 'embeddings', symmetric: true }, (pairs) => decoupled('dcl', pairs, temperature, (own) => own));
}

/**
 * `dcl` with each positive's term weighted, by less than 1 for pairs that are already close (von Mises–Fisher weights).
 *
 *     wᵢ = 2 − N·softmax_i(aᵢ·pᵢ / σ)     L as in `dcl`, −zᵢ·z_p(i) / τ times the weight of its pair
 *
 * The weights are constants for the gradient, as in lightly; code that differentiates them has the same value.
 *
 * Scale: the weights' mean is 1. Mean over the 2N rows, lightly's `DCLWLoss` factor 1.
 *
 * @throws ArgumentError for a temperature or sigma that is not above 0, or pairs with negatives.
 * @throws ShapeError unless both are `[N, D]` with N ≥ 2.
 *
 * @example
 * const eye = tf.eye(2); // alike pairs have weights of 1: the value of dcl
 * dclw({ temperature: 0.5, sigma: 0.5 })({ anchors: eye, positives: eye, weight: 1 }).arraySync(); // => -1.3068528
 *
 * @see Yeh et al. 2022, "Decoupled Contrastive Learning"
 */
export function dclw({ temperature, sigma }: DCLWOptions): ContrastiveLoss<'embeddings'> {
  checkTemperature('dclw', temperature);
  checkAbove0('dclw.sigma', sigma, 'The paper uses 0.5.');
  return defineLoss({ name: 'dclw', kind: 'embeddings', symmetric: true }, (pairs) =>
    decoupled('dclw', pairs, temperature, (own, size) => {
      const weights = sub(2, mul(softmax(mul(own, temperature / sigma)), size)); // [N]
      return mul(stopGradient(weights), own);
    }),
  );
}

/** `pull` makes the term of the positives, `[N]`, out of their scores. */
function decoupled(
  where: string,
  pairs: PositivePairs,
  temperature: number,
  pull: (own: Tensor1D, size: number) => Tensor1D,
): Scalar {
  const size = checkPairs(where, pairs, { least: 2 });
  return tidy(() => {
    const { scores, own } = viewScores(pairs, temperature);
    // row i of either view meets itself and its positive on the diagonals of the four quarters
    const negatives = add(scores, mul(tile(eye(size), [2, 2]), absent));
    return sub(mean(logSumExp(negatives)), mean(pull(own, size))) as Scalar;
  });
}
