/** How a convolution is put to the library, in any precision. */
import type { Attribute } from '../node-backend.js';
import type { NativeOps } from './native.js';

/** Of a convolution with symmetric padding. */
export interface Conv2DAttributes {
  readonly stride: number;
  readonly padding: number;
}

/**
 * How a symmetric padding can be passed to the library: `SAME` if its rule gives the same (stride 1, odd kernel), otherwise `EXPLICIT`, or the images are
 * padded in a separate pass and the form is `VALID`.
 */
export type Form = 'SAME' | 'VALID' | 'EXPLICIT';

/** The form of a convolution of images and a filter of these shapes. */
export function formOf(shape: readonly number[], filter: readonly number[], { stride, padding }: Conv2DAttributes): Form {
  if (padding === 0) return 'VALID';
  const same = [0, 1].every((axis) => {
    const length = shape[axis + 1]!;
    return (Math.ceil(length / stride) - 1) * stride + filter[axis]! - length === 2 * padding;
  });
  return same ? 'SAME' : 'EXPLICIT';
}

/** The attributes of the native convolution and its gradients. */
export const convolutionAttributes = (ops: NativeOps, type: 'float32' | 'bfloat16', form: Form, { stride, padding: p }: Conv2DAttributes): Attribute[] => [
  ops.type('T', type),
  ops.int('strides', [1, stride, stride, 1]),
  ops.int('dilations', [1, 1, 1, 1]),
  ops.text('data_format', 'NHWC'),
  ops.bool('use_cudnn_on_gpu', true),
  ops.text('padding', form),
  ...(form === 'EXPLICIT' ? [ops.int('explicit_paddings', [0, 0, p, p, p, p, 0, 0])] : []),
];

/**
 * A 1x1 filter at a stride sees every stride-th pixel and no other: its gradient is that of stride 1 on those. TensorFlow 2.21 with
 * oneDNN writes past its memory in the strided one where there are fewer than 16 channels and an odd number of images, and ends the
 * process sooner or later.
 */
export const seesOnlyStrides = ([height, width]: readonly number[], { stride, padding }: Conv2DAttributes): boolean =>
  height === 1 && width === 1 && stride > 1 && padding === 0;
