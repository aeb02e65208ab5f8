/** Values through which no gradient flows. */
import { clone, customGrad, type Tensor, zeros } from '@tensorflow/tfjs-core';

/**
 * What `compute` returns for `source`, as a constant: the gradient that reaches `source` is 0. In a gradient scope tfjs keeps the
 * inputs of most operations for the backward pass until the scope ends: of a look-up, the scores of every block. Inside of
 * `compute` it records none, and what comes out hangs on `source` alone.
 *
 * @example
 * tf.grad((x) => tf.sum(tf.mul(x, withoutGradient(x, tf.square))))(tf.tensor1d([3])).arraySync(); // => [9]
 */
export function withoutGradient<S extends Tensor, R extends Tensor>(source: S, compute: (source: S) => R): R {
  const { shape, dtype } = source; // the source itself may be gone on the way back
  return customGrad((...given) => ({
    value: compute(given[0] as S),
    gradFunc: () => zeros(shape, dtype),
  }))(source) as R;
}

/**
 * x, as a constant: the gradient that reaches it is 0 (tfjs has no such operation). Where the whole computation of x
 * needs no gradient, run it before the gradient scope instead: that costs nothing.
 *
 * @example
 * tf.grad((x) => tf.sum(tf.mul(x, stopGradient(x))))(tf.tensor1d([3])).arraySync(); // => [3]
 */
export function stopGradient<T extends Tensor>(x: T): T {
  return withoutGradient(x, (value) => clone(value) as T);
}
