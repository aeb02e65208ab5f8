/** Max pooling with explicit padding, which counts as −∞. */
import type { Attribute } from '../node-backend.js';
import { nativeKernel, type NativeOps } from './native.js';

interface Attributes {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

const common = ({ type, int, text }: NativeOps, { size, stride, padding }: Attributes): Attribute[] => [
  type('T', 'float32'),
  int('ksize', [1, size, size, 1]),
  int('strides', [1, stride, stride, 1]),
  text('data_format', 'NHWC'),
  ...(padding === 0
    ? [text('padding', 'VALID')]
    : [text('padding', 'EXPLICIT'), int('explicit_paddings', [0, 0, padding, padding, padding, padding, 0, 0])]),
];

/** x `[N, H, W, C]` → y `[N, H', W', C]`. */
export const maxPool = nativeKernel<'x', Attributes>('KindredMaxPool', ({ x }, attributes, ops) => ops.one('MaxPool', common(ops, attributes), [x]));

/** x, y = maxPool(x), dy → dx: dy goes to the largest entry of each window. */
export const maxPoolGrad = nativeKernel<'x' | 'y' | 'dy', Attributes>('KindredMaxPoolGrad', ({ x, y, dy }, attributes, ops) =>
  ops.one('MaxPoolGrad', common(ops, attributes), [x, y, dy]),
);
