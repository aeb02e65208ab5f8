/** Two-dimensional convolution with PyTorch's symmetric padding. */
import {
  add,
  clone,
  conv2d as plainConv2d,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  engine,
  pad,
  slice,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';

interface Attributes {
  readonly stride: number;
  readonly padding: number;
  readonly [name: string]: unknown;
}

/** Zero rows and columns on all four sides of every image. */
const padded = (x: Tensor4D, padding: number): Tensor4D =>
  padding === 0 ? x : pad(x, [[0, 0], [padding, padding], [padding, padding], [0, 0]]);

/** The attributes of tfjs's own gradient kernels. */
const plain = (stride: number): Record<string, unknown> => ({
  strides: [stride, stride],
  pad: 'valid',
  dataFormat: 'NHWC',
  dilations: [1, 1],
});

const inputGradient = defineOp<Attributes & { inputShape: readonly number[] }>({
  name: 'KindredConv2DInputGrad',
  composite({ dy, filter }, { stride, padding, inputShape }) {
    const [n, h, w, c] = inputShape as [number, number, number, number];
    const dx = engine().runKernel(Conv2DBackpropInput, { dy: dy!, filter: filter! }, {
      ...plain(stride),
      inputShape: [n, h + 2 * padding, w + 2 * padding, c],
    } as never) as Tensor4D;
    return [padding === 0 ? dx : slice(dx, [0, padding, padding, 0], [n, h, w, c])];
  },
});

const inputGradientSum = defineOp<Attributes & { inputShape: readonly number[] }>({
  name: 'KindredConv2DInputGradSum',
  composite: ({ dy, filter, plus }, attributes) => [add(inputGradient({ dy: dy!, filter: filter! }, attributes)[0]!, plus!)],
});

const filterGradient = defineOp<Attributes & { filterShape: readonly number[] }>({
  name: 'KindredConv2DFilterGrad',
  composite({ x, dy }, { stride, padding, filterShape }) {
    const inputs = { x: padded(x as Tensor4D, padding), dy: dy! };
    return [engine().runKernel(Conv2DBackpropFilter, inputs, { ...plain(stride), filterShape } as never) as Tensor];
  },
});

const kernel = defineOp<Attributes>({
  name: 'KindredConv2D',
  composite: ({ x, filter }, { stride, padding }) => [
    plainConv2d(padded(x as Tensor4D, padding), filter as Tensor4D, stride, 'valid'),
  ],
  gradient: {
    inputs: ['x', 'filter'],
    compute: ([dy], [x, filter], attributes) => ({
      x: () => inputGradient({ dy: dy!, filter: filter! }, { ...attributes, inputShape: x!.shape })[0]!,
      filter: () => filterGradient({ x: x!, dy: dy! }, { ...attributes, filterShape: filter!.shape })[0]!,
    }),
  },
});

const branch = defineOp<Attributes>({
  name: 'KindredConv2DBranch',
  composite: ({ x, filter }, attributes) => [kernel({ x: x!, filter: filter! }, attributes)[0]!, clone(x!)],
  gradient: {
    inputs: ['x', 'filter'],
    compute: ([dy, plus], [x, filter], attributes) => ({
      x: () => inputGradientSum({ dy: dy!, filter: filter!, plus: plus! }, { ...attributes, inputShape: x!.shape })[0]!,
      filter: () => filterGradient({ x: x!, dy: dy! }, { ...attributes, filterShape: filter!.shape })[0]!,
    }),
  },
});

/**
 * Convolution (cross-correlation, no bias), zero-padded by `padding` on every side as in PyTorch. TensorFlow's `same`
 * differs from it where the stride is 2: it pads even sizes on one side only.
 *
 * @param x `[N, H, W, C]`.
 * @param filter `[height, width, C, outputs]`.
 * @returns `[N, (H + 2·padding − height) / stride + 1, ..., outputs]`, rounded down.
 *
 * @example
 * conv2d(tf.ones([1, 4, 4, 1]), tf.ones([3, 3, 1, 1]), { stride: 2, padding: 1 }).shape; // => [1, 2, 2, 1]
 */
export function conv2d(
  x: Tensor4D,
  filter: Tensor4D,
  { stride, padding }: { readonly stride: number; readonly padding: number },
): Tensor4D {
  return kernel({ x, filter }, { stride, padding })[0] as Tensor4D;
}

/**
 * `conv2d(x)`, and x for a second branch. Where a network parts in two the gradients of both branches are summed: whoever takes x for the other one from here
 * has that done while the convolution's gradient is written, and not in a pass of its own.
 *
 * @param x `[N, H, W, C]`.
 * @param filter `[height, width, C, outputs]`.
 *
 * @example
 * const { y, x } = conv2dBranch(tf.ones([1, 2, 2, 1]), tf.ones([1, 1, 1, 3]), { stride: 1, padding: 0 });
 * [y.shape, x.shape]; // => [[1, 2, 2, 3], [1, 2, 2, 1]]
 */
export function conv2dBranch(
  x: Tensor4D,
  filter: Tensor4D,
  { stride, padding }: { readonly stride: number; readonly padding: number },
): { readonly y: Tensor4D; readonly x: Tensor4D } {
  const [y, same] = branch({ x, filter }, { stride, padding });
  return { y: y as Tensor4D, x: same as Tensor4D };
}
