/** Rectified linear unit, with a gradient that reads its output once. */
import { cast, greater, mul, relu as plainRelu, type Tensor } from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';

const gradientKernel = defineOp({
  name: 'KindredReluGrad',
  composite: ({ dy, y }) => [mul(dy!, cast(greater(y!, 0), 'float32'))],
});

const kernel = defineOp({
  name: 'KindredRelu',
  composite: ({ x }) => [plainRelu(x!)],
  gradient: {
    inputs: [],
    outputs: [true],
    compute: ([dy], [y]) => ({ x: () => gradientKernel({ dy: dy!, y: y! }, {})[0]! }),
  },
});

/**
 * `max(x, 0)`; the gradient at 0 is 0.
 *
 * @example
 * relu(tf.tensor1d([-1, 2])).arraySync(); // => [0, 2]
 */
export function relu<T extends Tensor>(x: T): T {
  return kernel({ x }, {})[0] as T;
}
