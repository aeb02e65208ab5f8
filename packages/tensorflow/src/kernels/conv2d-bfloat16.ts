/**
 * Convolution and its gradients in bfloat16, products summed in float32. Paddings that the rule `SAME` does not give are made in a separate pass: the
 * library computes `EXPLICIT` ones in bfloat16 by plain loops, 40 times slower than in float32.
 */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { narrowTensor, widenedTensor, withNarrow } from '../bfloat16.js';
import type { Attribute, RawOutput } from '../node-backend.js';
import { floatFilterGrad } from './conv2d-float32.js';
import { type Conv2DAttributes, sameFits, seesOnlyStrides } from './conv2d-shapes.js';
import type { NativeOps } from './native.js';

const common = (ops: NativeOps, stride: number, padding: 'SAME' | 'VALID'): Attribute[] => [
  ops.type('T', 'bfloat16'),
  ops.int('strides', [1, stride, stride, 1]),
  ops.int('dilations', [1, 1, 1, 1]),
  ops.text('data_format', 'NHWC'),
  ops.bool('use_cudnn_on_gpu', true),
  ops.text('padding', padding),
];

const one = (ops: NativeOps, op: string, attributes: readonly Attribute[], ids: readonly number[]): RawOutput => ops.raw(op, attributes, ids, 1)[0]!;

/** Lends `use` a handle that it frees afterwards. */
function freed<T>(ops: NativeOps, { id }: RawOutput, use: (id: number) => T): T {
  try {
    return use(id);
  } finally {
    ops.backend.binding.deleteTensor(id);
  }
}

/** Lends `use` images `[N, H, W, C]` with zeros around them. */
const withPadded = <T>(ops: NativeOps, images: number, padding: number, use: (padded: number) => T): T => {
  const { binding } = ops.backend;
  const sides = binding.createTensor([4, 2], binding.TF_INT32, Int32Array.of(0, 0, padding, padding, padding, padding, 0, 0));
  const padded = freed(ops, { id: sides, shape: [], dtype: 0 }, () => one(ops, 'Pad', [ops.type('T', 'bfloat16'), ops.type('Tpaddings', 'int32')], [images, sides]));
  return freed(ops, padded, use);
};

/** x `[N, H, W, in]`, filter `[height, width, in, out]` → y, stored in bfloat16. */
export const narrowConv2d = (x: TensorInfo, filter: TensorInfo, attributes: Conv2DAttributes, ops: NativeOps): Tensor =>
  withNarrow(ops.backend, [x, filter], ([images, weights]) => {
    const { stride, padding } = attributes;
    const apply = (form: 'SAME' | 'VALID', from: number): RawOutput => one(ops, 'Conv2D', common(ops, stride, form), [from, weights!]);
    const form = padding === 0 ? 'VALID' : sameFits(x.shape, filter.shape, attributes) ? 'SAME' : undefined;
    return narrowTensor(ops.backend, form ? apply(form, images!) : withPadded(ops, images!, padding, (padded) => apply('VALID', padded)));
  });

/** dy, filter → dx of `inputShape`, stored in bfloat16. */
export const narrowInputGrad = (dy: TensorInfo, filter: TensorInfo, { inputShape, ...attributes }: Conv2DAttributes & { readonly inputShape: readonly number[] }, ops: NativeOps): Tensor =>
  withNarrow(ops.backend, [dy, filter], ([above, weights]) => {
    const { stride, padding } = attributes;
    const apply = (form: 'SAME' | 'VALID', shape: readonly number[]): RawOutput =>
      ops.withRawInts([shape], ([sizes]) => one(ops, 'Conv2DBackpropInput', common(ops, stride, form), [sizes!, weights!, above!]));
    const form = padding === 0 ? 'VALID' : sameFits(inputShape, filter.shape, attributes) ? 'SAME' : undefined;
    if (form) return narrowTensor(ops.backend, apply(form, inputShape));
    const [n, h, w, c] = inputShape as [number, number, number, number];
    const inner = freed(ops, apply('VALID', [n, h + 2 * padding, w + 2 * padding, c]), (whole) =>
      ops.withRawInts([[0, padding, padding, 0], [n, h, w, c]], ([begin, size]) =>
        one(ops, 'Slice', [ops.type('T', 'bfloat16'), ops.type('Index', 'int32')], [whole, begin!, size!]),
      ),
    );
    return narrowTensor(ops.backend, inner);
  });

/**
 * Channels in × out from which a filter's gradient is no faster in bfloat16. On a processor with AMX, 64 images, it takes half the time of float32 up
 * to 128 channels, the same with 256 on 8x8 pixels, twice with 512 on 4x4.
 */
const FILTER_FLOAT_FROM = 256 * 256;

/** x, dy → dfilter of `filterShape` in float32. */
export function narrowFilterGrad(x: TensorInfo, dy: TensorInfo, attributes: Conv2DAttributes & { readonly filterShape: readonly number[] }, ops: NativeOps): Tensor {
  const { stride, padding, filterShape } = attributes;
  if (!ops.backend.isUsingGpuDevice && filterShape[2]! * filterShape[3]! >= FILTER_FLOAT_FROM) return floatFilterGrad(x, dy, attributes, ops);
  return withNarrow(ops.backend, [x, dy], ([images, above]) => {
    const apply = (form: 'SAME' | 'VALID', from: number, step = stride): RawOutput =>
      ops.withRawInts([filterShape], ([sizes]) => one(ops, 'Conv2DBackpropFilter', common(ops, step, form), [from, sizes!, above!]));
    const gradient = (): RawOutput => {
      if (seesOnlyStrides(filterShape, attributes)) return freed(ops, everyOther(ops, images!, x.shape, stride), (seen) => apply('VALID', seen, 1));
      if (padding === 0) return apply('VALID', images!);
      if (sameFits(x.shape, filterShape, attributes)) return apply('SAME', images!);
      return withPadded(ops, images!, padding, (padded) => apply('VALID', padded));
    };
    return widenedTensor(ops.backend, gradient());
  });
}

/** The pixels that a 1x1 filter at this stride sees. */
const everyOther = (ops: NativeOps, images: number, shape: readonly number[], stride: number): RawOutput =>
  ops.withRawInts([[0, 0, 0, 0], shape, [1, stride, stride, 1]], (bounds) => {
    const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((name) => ops.int(name, 0));
    return one(ops, 'StridedSlice', [ops.type('T', 'bfloat16'), ops.type('Index', 'int32'), ...masks], [images, ...bounds]);
  });
