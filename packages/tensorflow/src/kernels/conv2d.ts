/** Convolution with padding of its own, where plain tfjs ops pad in a pass before (tfjs-node has no explicit padding). */
import type { Attribute } from '../node-backend.js';
import { nativeKernel, type NativeOps, withInts } from './native.js';

interface Attributes {
  readonly stride: number;
  readonly padding: number;
}

const common = ({ type, int, text, bool }: NativeOps, { stride, padding }: Attributes): Attribute[] => [
  type('T', 'float32'),
  int('strides', [1, stride, stride, 1]),
  int('dilations', [1, 1, 1, 1]),
  text('data_format', 'NHWC'),
  bool('use_cudnn_on_gpu', true),
  ...(padding === 0
    ? [text('padding', 'VALID')]
    : [text('padding', 'EXPLICIT'), int('explicit_paddings', [0, 0, padding, padding, padding, padding, 0, 0])]),
];

/** x `[N, H, W, in]`, filter `[height, width, in, out]` → y `[N, H', W', out]`. */
export const conv2d = nativeKernel<'x' | 'filter', Attributes>('KindredConv2D', ({ x, filter }, attributes, ops) =>
  ops.one('Conv2D', common(ops, attributes), [x, filter]),
);

/** dy `[N, H', W', out]`, filter → dx of `inputShape`. */
export const conv2dInputGrad = nativeKernel<'dy' | 'filter', Attributes & { readonly inputShape: readonly number[] }>(
  'KindredConv2DInputGrad',
  ({ dy, filter }, attributes, ops) =>
    withInts(attributes.inputShape, (sizes) => ops.one('Conv2DBackpropInput', common(ops, attributes), [sizes, filter, dy])),
);

/** x, dy → dfilter of `filterShape`. */
export const conv2dFilterGrad = nativeKernel<'x' | 'dy', Attributes & { readonly filterShape: readonly number[] }>(
  'KindredConv2DFilterGrad',
  ({ x, dy }, attributes, ops) =>
    withInts(attributes.filterShape, (sizes) => ops.one('Conv2DBackpropFilter', common(ops, attributes), [x, sizes, dy])),
);
