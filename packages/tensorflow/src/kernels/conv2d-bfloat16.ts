/**
 * Convolution and its gradients in bfloat16, products summed in float32. Paddings that the rule `SAME` does not give are made in a separate pass: the
 * library computes `EXPLICIT` ones in bfloat16 by plain loops, 40 times slower than in float32.
 */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { narrowTensor, widenedTensor, withNarrow } from '../bfloat16.js';
import type { Attribute, RawOutput } from '../node-backend.js';
import { floatFilterGrad } from './conv2d-float32.js';
import { type Conv2DAttributes, convolutionAttributes, type Form, formOf, seesOnlyStrides } from './conv2d-shapes.js';
import type { NativeOps } from './native.js';

const one = (ops: NativeOps, op: string, attributes: readonly Attribute[], ids: readonly number[]): RawOutput => ops.raw(op, attributes, ids, 1)[0]!;

/** Lends `use` a handle that it frees afterwards. */
function freed<T>(ops: NativeOps, id: number, use: (id: number) => T): T {
  try {
    return use(id);
  } finally {
    ops.backend.binding.deleteTensor(id);
  }
}

/** Lends `use` the images and the form to take them in: with zeros around them where the library's own paddings are slow or none. */
function withImages<T>(ops: NativeOps, images: number, form: Form, { padding: p }: Conv2DAttributes, use: (images: number, form: Form) => T): T {
  if (form !== 'EXPLICIT') return use(images, form);
  const { binding } = ops.backend;
  const sides = binding.createTensor([4, 2], binding.TF_INT32, Int32Array.of(0, 0, p, p, p, p, 0, 0));
  const padded = freed(ops, sides, () => one(ops, 'Pad', [ops.type('T', 'bfloat16'), ops.type('Tpaddings', 'int32')], [images, sides]));
  return freed(ops, padded.id, (id) => use(id, 'VALID'));
}

/** x `[N, H, W, in]`, filter `[height, width, in, out]` → y, stored in bfloat16. */
export const narrowConv2d = (x: TensorInfo, filter: TensorInfo, attributes: Conv2DAttributes, ops: NativeOps): Tensor =>
  withNarrow(ops.backend, [x, filter], ([images, weights]) =>
    withImages(ops, images!, formOf(x.shape, filter.shape, attributes), attributes, (from, form) =>
      narrowTensor(ops.backend, one(ops, 'Conv2D', convolutionAttributes(ops, 'bfloat16', form, attributes), [from, weights!])),
    ),
  );

/** dy, filter → dx of `inputShape`, stored in bfloat16. */
export const narrowInputGrad = (dy: TensorInfo, filter: TensorInfo, { inputShape, ...attributes }: Conv2DAttributes & { readonly inputShape: readonly number[] }, ops: NativeOps): Tensor =>
  withNarrow(ops.backend, [dy, filter], ([above, weights]) => {
    const gradient = (form: Form, shape: readonly number[]): RawOutput =>
      ops.withRawInts([shape], ([sizes]) => one(ops, 'Conv2DBackpropInput', convolutionAttributes(ops, 'bfloat16', form, attributes), [sizes!, weights!, above!]));
    const form = formOf(inputShape, filter.shape, attributes);
    if (form !== 'EXPLICIT') return narrowTensor(ops.backend, gradient(form, inputShape));
    const { padding } = attributes;
    const [n, h, w, c] = inputShape as [number, number, number, number];
    const inner = freed(ops, gradient('VALID', [n, h + 2 * padding, w + 2 * padding, c]).id, (whole) =>
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
  const { stride, filterShape } = attributes;
  if (!ops.backend.isUsingGpuDevice && filterShape[2]! * filterShape[3]! >= FILTER_FLOAT_FROM) return floatFilterGrad(x, dy, attributes, ops);
  return withNarrow(ops.backend, [x, dy], ([images, above]) => {
    const gradient = (from: number, form: Form, each: Conv2DAttributes = attributes): Tensor =>
      widenedTensor(
        ops.backend,
        ops.withRawInts([filterShape], ([sizes]) => one(ops, 'Conv2DBackpropFilter', convolutionAttributes(ops, 'bfloat16', form, each), [from, sizes!, above!])),
      );
    if (seesOnlyStrides(filterShape, attributes)) return freed(ops, everyOther(ops, images!, x.shape, stride).id, (seen) => gradient(seen, 'VALID', { ...attributes, stride: 1 }));
    return withImages(ops, images!, formOf(x.shape, filterShape, attributes), attributes, gradient);
  });
}

/** The pixels that a 1x1 filter at this stride sees. */
const everyOther = (ops: NativeOps, images: number, shape: readonly number[], stride: number): RawOutput =>
  ops.withRawInts([[0, 0, 0, 0], shape, [1, stride, stride, 1]], (bounds) => {
    const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((name) => ops.int(name, 0));
    return one(ops, 'StridedSlice', [ops.type('T', 'bfloat16'), ops.type('Index', 'int32'), ...masks], [images, ...bounds]);
  });
