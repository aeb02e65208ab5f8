/** Values that no gradient flows through. */
import { clone, customGrad, type Tensor, zerosLike } from '@tensorflow/tfjs-core';

/**
 * x, as a constant: the gradient that reaches it is 0 (tfjs has no such operation). Where the whole computation of x
 * needs no gradient, run it before the gradient scope instead: that costs nothing.
 *
 * @example
 * tf.grad((x) => tf.sum(tf.mul(x, stopGradient(x))))(tf.tensor1d([3])).arraySync(); // => [3]
 */
export function stopGradient<T extends Tensor>(x: T): T {
  return customGrad((...given) => {
    const value = given[0] as Tensor;
    return { value: clone(value), gradFunc: (dy: Tensor) => zerosLike(dy) };
  })(x) as T;
}
