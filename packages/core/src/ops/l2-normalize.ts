/** Rows of unit length. */
import { maximum, rsqrt, mul, square, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';

/**
 * Scales along the last axis to length 1: `x / √(max(Σx², epsilon))`. A row shorter than √epsilon = 1e-12, as in PyTorch, is
 * divided by 1e-12 instead, so that value and gradient stay finite at 0 (tfjs's own `norm` has NaN there).
 *
 * @param x `[..., D]`.
 *
 * @example
 * l2Normalize(tf.tensor2d([[3, 4]])).arraySync(); // => [[0.6, 0.8]]
 */
export function l2Normalize<T extends Tensor>(x: T, epsilon = 1e-24): T {
  return tidy(() => mul(x, rsqrt(maximum(sum(square(x), -1, true), epsilon))) as T);
}
