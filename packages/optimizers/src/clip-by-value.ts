/** Clipping of each entry of a gradient. */
import { statelessPart } from '@kindred/core';
import { clipByValue as clip, tidy } from '@tensorflow/tfjs-core';
import type { ChainLink } from './chain.js';
import { checkPositive } from './checks.js';
import type { ClipOptions } from './clip-by-global-norm.js';

/**
 * Clips every entry of every gradient to [−maximum, maximum]. This changes the direction of the step; `clipByGlobalNorm`
 * does not.
 *
 * @throws ArgumentError unless `maximum` is a finite number above 0.
 *
 * @example
 * clipByValue({ maximum: 1 }).transform({ a: tf.tensor1d([3, -0.5]) })['a']!.arraySync(); // => [1, -0.5]
 *
 * @see torch.nn.utils.clip_grad_value_
 */
export function clipByValue({ maximum }: ClipOptions): ChainLink & Required<Pick<ChainLink, 'transform'>> {
  checkPositive('clipByValue.maximum', maximum);
  return {
    name: 'clipByValue',
    transform: (gradients) =>
      tidy(() => Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, clip(gradient, -maximum, maximum)]))),
    ...statelessPart('clipByValue'),
  };
}
