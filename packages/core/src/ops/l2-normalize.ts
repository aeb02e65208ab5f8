/** Rows of unit length. */
import { cast, less, maximum, mul, rsqrt, square, sub, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';

/** With a gradient of its own: of the composite's it is a third, in operations and in time. */
const kernel = defineOp<{ readonly epsilon: number }>({
  name: 'KindredL2Normalize',
  composite: ({ x }, { epsilon }) => {
    const perLength = rsqrt(maximum(sum(square(x!), -1, true), epsilon));
    return [mul(x!, perLength), perLength];
  },
  gradient: {
    inputs: [],
    outputs: [true, true],
    compute: ([dy], [y, perLength], { epsilon }) => ({
      x: () => {
        const along = sum(mul(dy!, y!), -1, true);
        // a row shorter than √epsilon is divided by a constant; a thousandth is far above what rsqrt rounds
        const turns = mul(along, cast(less(perLength!, 0.999 / Math.sqrt(epsilon)), 'float32'));
        return mul(perLength!, sub(dy!, mul(y!, turns)));
      },
    }),
  },
});

/**
 * Scales along the last axis to length 1: `x / √(max(Σx², epsilon))`. A row shorter than √epsilon = 1e-12, as in PyTorch, is
 * divided by 1e-12 instead, so that value and gradient stay finite at 0 (tfjs's own `norm` has NaN there).
 *
 * @param x `[..., D]`.
 *
 * @example
 * l2Normalize(tf.tensor2d([[3, 4]])).arraySync(); // => [[0.6, 0.8]]
 */
export function l2Normalize<T extends Tensor>(x: T, epsilon = 1e-24): T {
  return tidy(() => kernel({ x }, { epsilon })[0] as T);
}
