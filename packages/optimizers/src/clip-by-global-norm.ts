/** A bound on the length of a step. */
import { div, minimum, mul, sqrt, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { checkPositive } from './checks.js';
import { squaredNorms } from './ops/squared-norms.js';
import type { NamedGradients } from './optimizer.js';

/**
 * All gradients scaled by one factor, so that their length as one vector is at most `maximum`: `g · min(1, maximum / ‖g‖)`.
 *
 * @returns New tensors, the caller's to dispose. The gradients stay as they are.
 * @throws ArgumentError unless `maximum` is a finite number above 0.
 *
 * @example
 * clipByGlobalNorm({ a: tf.tensor1d([3]), b: tf.tensor1d([4]) }, 1)['b']!.arraySync(); // => [0.8]
 *
 * @see Pascanu et al. 2013, "On the difficulty of training recurrent neural networks"
 */
export function clipByGlobalNorm(gradients: NamedGradients, maximum: number): Record<string, Tensor> {
  checkPositive('clipByGlobalNorm.maximum', maximum);
  // by name: the sum must not depend on the order in which a record was built
  const names = Object.keys(gradients).sort();
  if (names.length === 0) return {};
  return tidy(() => {
    const norm = sqrt(sum(squaredNorms(names.map((name) => gradients[name]!))));
    const factor = minimum(1, div(maximum, norm)); // 1 where all are 0: maximum / 0 is Infinity
    return Object.fromEntries(names.map((name) => [name, mul(gradients[name]!, factor)]));
  });
}
