/** The logarithm of a sum of exponentials, without overflow. */
import { exp, logSumExp as plainLogSumExp, mul, reshape, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';

const kernel = defineOp({
  name: 'KindredLogSumExp',
  composite: ({ x }) => [plainLogSumExp(x!, -1, true)],
  gradient: {
    inputs: ['x'],
    outputs: [true],
    compute: ([dy], [x, y]) => ({ x: () => mul(exp(sub(x!, y!)), dy!) }),
  },
});

/**
 * `log Σ exp(x)` along the last axis, the maximum subtracted first. Its gradient is the softmax.
 *
 * @param x `[..., K]`; an entry of −∞ counts as absent, as long as one in its row is finite.
 * @param keepDimension Whether the last axis stays, with length 1.
 *
 * @example
 * logSumExp(tf.tensor2d([[1000, 1000]])).arraySync(); // => [1000.6931]
 */
export function logSumExp(x: Tensor, keepDimension = false): Tensor {
  return tidy(() => {
    const y = kernel({ x }, {})[0]!;
    return keepDimension ? y : reshape(y, x.shape.slice(0, -1));
  });
}
