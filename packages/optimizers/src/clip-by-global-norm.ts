/** Clipping by the norm of all gradients together. */
import { statelessPart } from '@kindred/core';
import { div, minimum, mul, sqrt, sum, tidy } from '@tensorflow/tfjs-core';
import type { ChainLink } from './chain.js';
import { checkPositive } from './checks.js';
import { squaredNorms } from './ops/squared-norms.js';

export interface ClipOptions {
  /** The bound, above 0. */
  readonly maximum: number;
}

/**
 * All gradients scaled by one factor, so that their length as one vector is at most `maximum`: `g · min(1, maximum / ‖g‖)`.
 *
 * @throws ArgumentError unless `maximum` is a finite number above 0.
 *
 * @example
 * clipByGlobalNorm({ maximum: 1 }).transform({ a: tf.tensor1d([3]), b: tf.tensor1d([4]) })['b']!.arraySync(); // => [0.8]
 *
 * @see Pascanu et al. 2013, "On the difficulty of training recurrent neural networks"
 */
export function clipByGlobalNorm({ maximum }: ClipOptions): ChainLink & Required<Pick<ChainLink, 'transform'>> {
  checkPositive('clipByGlobalNorm.maximum', maximum);
  return {
    name: 'clipByGlobalNorm',
    transform(gradients) {
      // by name: the sum must not depend on the order in which a record was built
      const names = Object.keys(gradients).sort();
      if (names.length === 0) return {};
      return tidy(() => {
        const norm = sqrt(sum(squaredNorms(names.map((name) => gradients[name]!))));
        const factor = minimum(1, div(maximum, norm)); // 1 if all are 0: maximum / 0 is Infinity
        return Object.fromEntries(names.map((name) => [name, mul(gradients[name]!, factor)]));
      });
    },
    ...statelessPart('clipByGlobalNorm'),
  };
}
