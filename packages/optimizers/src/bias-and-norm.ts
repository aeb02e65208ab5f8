/** The parameters that most recipes neither decay nor adapt. */
import type { Variable } from '@tensorflow/tfjs-core';

/**
 * Whether a parameter is a bias or belongs to a normalisation: one of rank 1 or 0. For `exclude`.
 *
 * @example
 * biasAndNorm('bn1.weight', tf.variable(tf.ones([64]))); // => true
 *
 * @see You et al. 2017, and the exclusions of SimCLR, BYOL, Barlow Twins and VICReg
 */
export function biasAndNorm(_name: string, variable: Variable): boolean {
  return variable.shape.length <= 1;
}
