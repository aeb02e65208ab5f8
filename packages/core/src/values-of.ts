/** The values of a computation, read from the backend. */
import { type Tensor, tidy } from '@tensorflow/tfjs-core';

/**
 * The values of the tensor that `compute` makes, row-major; it and all intermediate tensors are freed. Blocks until the values are there.
 * Say `valuesOf<Int32Array>` for an int32 tensor.
 *
 * Not `tidy(() => x.dataSync())`: tidy searches its result for tensors, a typed array entry by entry. For a million
 * values that took 600 ms.
 *
 * @example
 * valuesOf(() => tf.square(tf.tensor1d([1, 2, 3]))); // => [1, 4, 9]
 */
export function valuesOf<Values extends Float32Array | Int32Array = Float32Array>(compute: () => Tensor): Values {
  const result = tidy(compute);
  try {
    return result.dataSync() as Values;
  } finally {
    result.dispose();
  }
}
