/**
 * Convolution and its gradients in float32, each in the form that the library computes fastest. oneDNN has no gradients for `EXPLICIT`, which is then computed by
 * slower code: the gradients of a 3x3 convolution of 16 channels at stride 1 took 20 + 34 ms with `EXPLICIT` and 7 + 8 ms with `SAME` (128 images of
 * 32x32, 2 cores).
 */
import { pad, slice, stridedSlice, type Tensor, type Tensor4D, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Attribute } from '../node-backend.js';
import { type Conv2DAttributes as Attributes, convolutionAttributes, type Form, formOf, seesOnlyStrides } from './conv2d-shapes.js';
import { type NativeOps, withInts } from './native.js';

/**
 * Channels in × out from which each gradient of a padded, strided convolution is faster with `EXPLICIT` (the filter's) or
 * slower (the input's) than on padded images. 32 to 64 at stride 2: 4.7 and 5.8 ms for the input's gradient, 256 to 512: 93
 * and 19 ms.
 */
const INPUT_PADDED_FROM = 64 * 128;
const FILTER_EXPLICIT_FROM = 128 * 256;

const attributesOf = (ops: NativeOps, form: Form, attributes: Attributes): Attribute[] => convolutionAttributes(ops, 'float32', form, attributes);

/** x `[N, H, W, in]`, filter `[height, width, in, out]` → y `[N, H', W', out]`. */
export const floatConv2d = (x: TensorInfo, filter: TensorInfo, attributes: Attributes, ops: NativeOps): Tensor =>
  ops.one('Conv2D', attributesOf(ops, formOf(x.shape, filter.shape, attributes), attributes), [x, filter]);

/** dy `[N, H', W', out]`, filter → dx of `inputShape`. */
export function floatInputGrad(dy: TensorInfo, filter: TensorInfo, { inputShape, ...attributes }: Attributes & { readonly inputShape: readonly number[] }, ops: NativeOps): Tensor {
  const gradient = (form: Form, shape: readonly number[]): Tensor =>
    withInts(shape, (sizes) => ops.one('Conv2DBackpropInput', attributesOf(ops, form, attributes), [sizes, filter, dy]));
  const form = formOf(inputShape, filter.shape, attributes);
  if (form !== 'EXPLICIT' || ops.backend.isUsingGpuDevice || channels(filter.shape) < INPUT_PADDED_FROM) return gradient(form, inputShape);
  const { padding } = attributes;
  const [n, h, w, c] = inputShape as [number, number, number, number];
  const whole = gradient('VALID', [n, h + 2 * padding, w + 2 * padding, c]) as Tensor4D;
  const inner = slice(whole, [0, padding, padding, 0], [n, h, w, c]);
  whole.dispose();
  return inner;
}

/** x, dy → dfilter of `filterShape`. */
export function floatFilterGrad(x: TensorInfo, dy: TensorInfo, { filterShape, ...attributes }: Attributes & { readonly filterShape: readonly number[] }, ops: NativeOps): Tensor {
  const gradient = (form: Form, images: TensorInfo, stride = attributes.stride): Tensor =>
    withInts(filterShape, (sizes) => ops.one('Conv2DBackpropFilter', attributesOf(ops, form, { ...attributes, stride }), [images, sizes, dy]));
  if (seesOnlyStrides(filterShape, attributes)) {
    const seen = stridedSlice(x as Tensor4D, [0, 0, 0, 0], [...x.shape], [1, attributes.stride, attributes.stride, 1]);
    const result = gradient('VALID', seen, 1);
    seen.dispose();
    return result;
  }
  const form = formOf(x.shape, filterShape, attributes);
  if (form !== 'EXPLICIT' || ops.backend.isUsingGpuDevice || channels(filterShape) >= FILTER_EXPLICIT_FROM) return gradient(form, x);
  const both: [number, number] = [attributes.padding, attributes.padding];
  const padded = pad(x as Tensor4D, [[0, 0], both, both, [0, 0]]);
  const result = gradient('VALID', padded);
  padded.dispose();
  return result;
}

const channels = (filterShape: readonly number[]): number => filterShape[2]! * filterShape[3]!;
