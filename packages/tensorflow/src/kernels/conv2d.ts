/** Convolution with PyTorch's padding and its two gradients, in the precision that the engine is set to: by ops of our own where those are faster, else by the library's. */
import { add, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { hasInstructions, narrowed, precisionOf, withRounded } from '../bfloat16.js';
import { narrowConv2d, narrowFilterGrad, narrowInputGrad } from './conv2d-bfloat16.js';
import { floatConv2d, floatFilterGrad, floatInputGrad } from './conv2d-float32.js';
import type { Conv2DAttributes } from './conv2d-shapes.js';
import { nativeKernel, type NativeOps } from './native.js';
import { ownConv2d, ownFilterGrad, ownInputGrad, ownInputGradSum } from './own-convolution.js';

type Compute<Attributes> = (a: TensorInfo, b: TensorInfo, attributes: Attributes, ops: NativeOps) => Tensor;
/** One that may not be for these tensors. */
type Attempt<Attributes> = (...given: Parameters<Compute<Attributes>>) => Tensor | undefined;

/** One convolution or gradient of two tensors: as it is in float32, or with what enters and leaves it in bfloat16. */
const inPrecision =
  <Attributes>(own: Attempt<Attributes>, float32: Compute<Attributes>, bfloat16: Compute<Attributes>): Compute<Attributes> =>
  (a, b, attributes, ops) => {
    const result = own(a, b, attributes, ops);
    if (result !== undefined) return result;
    if (precisionOf(ops.backend) === 'float32') return float32(a, b, attributes, ops);
    if (hasInstructions(ops.backend)) return bfloat16(a, b, attributes, ops);
    return narrowed(ops.backend, withRounded(ops.backend, [a, b], ([x, y]) => float32(x!, y!, attributes, ops)));
  };

const forward = inPrecision<Conv2DAttributes>(ownConv2d, floatConv2d, narrowConv2d);
const inputGrad = inPrecision(ownInputGrad, floatInputGrad, narrowInputGrad);
const filterGrad = inPrecision(ownFilterGrad, floatFilterGrad, narrowFilterGrad);

/** x `[N, H, W, in]`, filter `[height, width, in, out]` → y `[N, H', W', out]`. */
export const conv2d = nativeKernel<'x' | 'filter', Conv2DAttributes>('KindredConv2D', ({ x, filter }, attributes, ops) => forward(x, filter, attributes, ops));

/** dy `[N, H', W', out]`, filter → dx of `inputShape`. */
export const conv2dInputGrad = nativeKernel<'dy' | 'filter', Conv2DAttributes & { readonly inputShape: readonly number[] }>(
  'KindredConv2DInputGrad',
  ({ dy, filter }, attributes, ops) => inputGrad(dy, filter, attributes, ops),
);

/** dy, filter, and a gradient `plus` that reaches x on another way → the sum of both, of `inputShape`. */
export const conv2dInputGradSum = nativeKernel<'dy' | 'filter' | 'plus', Conv2DAttributes & { readonly inputShape: readonly number[] }>(
  'KindredConv2DInputGradSum',
  ({ dy, filter, plus }, attributes, ops) => {
    const fused = ownInputGradSum(dy, filter, plus, attributes, ops);
    if (fused !== undefined) return fused;
    const dx = inputGrad(dy, filter, attributes, ops);
    const sum = add(dx, plus as Tensor);
    dx.dispose();
    return sum;
  },
);

/** x, dy → dfilter of `filterShape`. */
export const conv2dFilterGrad = nativeKernel<'x' | 'dy', Conv2DAttributes & { readonly filterShape: readonly number[] }>(
  'KindredConv2DFilterGrad',
  ({ x, dy }, attributes, ops) => filterGrad(x, dy, attributes, ops),
);
