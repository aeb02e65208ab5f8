/** Max pooling with PyTorch's symmetric padding. */
import { engine, maxPool as plainMaxPool, MaxPoolGrad, pad, slice, type Tensor4D } from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';

interface Attributes {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  readonly [name: string]: unknown;
}

/** Below every activation: padding never wins. */
const lowest = -3.4028234663852886e38;

const padded = (x: Tensor4D, padding: number): Tensor4D =>
  padding === 0 ? x : pad(x, [[0, 0], [padding, padding], [padding, padding], [0, 0]], lowest);

const gradientKernel = defineOp<Attributes>({
  name: 'KindredMaxPoolGrad',
  composite({ x, y, dy }, { size, stride, padding }) {
    const [n, h, w, c] = x!.shape as [number, number, number, number];
    const inputs = { dy: dy!, input: padded(x as Tensor4D, padding), output: y! };
    const attributes = { filterSize: [size, size], strides: [stride, stride], pad: 'valid' };
    const dx = engine().runKernel(MaxPoolGrad, inputs, attributes as never) as Tensor4D;
    return [padding === 0 ? dx : slice(dx, [0, padding, padding, 0], [n, h, w, c])];
  },
});

const kernel = defineOp<Attributes>({
  name: 'KindredMaxPool',
  composite: ({ x }, { size, stride, padding }) => [plainMaxPool(padded(x as Tensor4D, padding), size, stride, 'valid')],
  gradient: {
    inputs: ['x'],
    outputs: [true],
    compute: ([dy], [x, y], attributes) => ({
      x: () => gradientKernel({ x: x!, y: y!, dy: dy! }, attributes)[0]!,
    }),
  },
});

/**
 * The largest value of each window, padded by `padding` on every side with what never wins, as in PyTorch.
 *
 * @param x `[N, H, W, C]`.
 *
 * @example
 * maxPool(tf.ones([1, 8, 8, 3]), { size: 3, stride: 2, padding: 1 }).shape; // => [1, 4, 4, 3]
 */
export function maxPool(
  x: Tensor4D,
  { size, stride, padding }: { readonly size: number; readonly stride: number; readonly padding: number },
): Tensor4D {
  return kernel({ x }, { size, stride, padding })[0] as Tensor4D;
}
