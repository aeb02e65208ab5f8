/** The cross-entropy of scores and targets, shared by losses and probes. */
import { mul, sub, sum, type Tensor1D, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { logSumExp } from './log-sum-exp.js';

/**
 * The cross-entropy of targets and softmaxed scores, row by row: `−Σ_k y_k log softmax(s)_k`. Stable for any scores; a row of targets
 * that are all 0 costs 0. Gradient flows into both.
 *
 * @param scores `[N, K]`, one column a class.
 * @param targets `[N, K]`, one-hot or soft.
 * @returns `[N]`
 *
 * @example
 * softmaxCrossEntropy(tf.tensor2d([[0, 0]]), tf.tensor2d([[1, 0]])).arraySync(); // => [0.6931]
 */
export function softmaxCrossEntropy(scores: Tensor2D, targets: Tensor2D): Tensor1D {
  return tidy(() => sum(mul(targets, sub(logSumExp(scores, true), scores)), 1));
}
