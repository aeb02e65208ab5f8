/** The squared lengths of many tensors, which a backend may have a kernel for. */
import { defineOp } from '@kindred/core';
import { square, stack, sum, type Tensor, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import { spread } from './lists.js';

/** `KindredSquaredNorms`: inputs `x.i`, output `[count]`. */
const kernel = defineOp<{ count: number; [name: string]: unknown }>({
  name: 'KindredSquaredNorms',
  composite: (inputs, { count }) => [
    stack(Array.from({ length: count }, (_, i) => tidy(() => sum(square(inputs[`x.${i}`]!))))),
  ],
});

/**
 * `Σ x²` of each tensor, `[count]`, in one operation.
 *
 * @example
 * squaredNorms([tf.tensor1d([3, 4]), tf.scalar(2)]).arraySync(); // => [25, 4]
 */
export function squaredNorms(tensors: readonly Tensor[]): Tensor1D {
  return kernel(spread({ x: tensors }), { count: tensors.length })[0] as Tensor1D;
}
