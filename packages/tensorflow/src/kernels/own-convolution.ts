/**
 * Convolution and its gradients by ops of our own, read and written as they lie in memory: no padded copies, no other layouts, and of small images no product
 * with the zeros around them.
 */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { BFLOAT16, hasInstructions, narrowTensor, precisionOf, withNarrow } from '../bfloat16.js';
import type { Attribute, NodeBackend } from '../node-backend.js';
import type { Conv2DAttributes } from './conv2d-shapes.js';
import type { NativeOps } from './native.js';

const present = new WeakSet<NodeBackend>();

/** Says that the library has the ops. */
export function useOwnConvolutions(backend: NodeBackend): void {
  present.add(backend);
}

/** Whether it has. */
export const hasOwnConvolutions = (backend: NodeBackend): boolean => present.has(backend);

/** Runs `compute` on the library's convolutions, for comparison. */
export function withoutOwnConvolutions<T>(backend: NodeBackend, compute: () => T): T {
  const had = present.delete(backend);
  try {
    return compute();
  } finally {
    if (had) present.add(backend);
  }
}

/** Whether the ops are there for such a filter. They take channels by sixteens: the first convolution of a network, of three, goes to the library. */
function serve(backend: NodeBackend, [height, width, inputs, outputs]: readonly number[], padding: number): boolean {
  const shaped = inputs! % 16 === 0 && outputs! % 16 === 0 && padding < Math.min(height!, width!);
  return shaped && present.has(backend) && (precisionOf(backend) === 'float32' || hasInstructions(backend));
}

/** The op's output: images and their gradients in the precision that is set, a filter, which comes second, in float32. */
function run(ops: NativeOps, op: string, attributes: readonly Attribute[], typed: readonly TensorInfo[], filter?: TensorInfo): Tensor {
  const { backend } = ops;
  const narrow = precisionOf(backend) === 'bfloat16';
  const apply = ([first, ...others]: readonly number[]) => {
    const ids = [first!, ...(filter ? backend.getInputTensorIds([filter]) : []), ...others];
    return ops.raw(op, [ops.type('T', narrow ? 'bfloat16' : 'float32'), ...attributes], ids, 1)[0]!;
  };
  const made = narrow ? withNarrow(backend, typed, apply) : apply(backend.getInputTensorIds(typed));
  return made.dtype === BFLOAT16 ? narrowTensor(backend, made) : backend.createOutputTensor(made);
}

const window = ({ int }: NativeOps, { stride, padding }: Conv2DAttributes): Attribute[] => [int('stride', stride), int('padding', padding)];
const sizes = ({ int }: NativeOps, height: number, width: number): Attribute[] => [int('height', height), int('width', width)];

/** x, filter → y; undefined where the library computes it. */
export function ownConv2d(x: TensorInfo, filter: TensorInfo, attributes: Conv2DAttributes, ops: NativeOps): Tensor | undefined {
  if (!serve(ops.backend, filter.shape, attributes.padding)) return undefined;
  return run(ops, 'KindredConvolution', window(ops, attributes), [x], filter);
}

type InputGradAttributes = Conv2DAttributes & { readonly inputShape: readonly number[] };

/** dy, filter → dx of `inputShape`; undefined where the library computes it. */
export function ownInputGrad(dy: TensorInfo, filter: TensorInfo, attributes: InputGradAttributes, ops: NativeOps): Tensor | undefined {
  if (!serve(ops.backend, filter.shape, attributes.padding)) return undefined;
  const [, height, width] = attributes.inputShape;
  return run(ops, 'KindredConvolutionInputGrad', [...window(ops, attributes), ...sizes(ops, height!, width!)], [dy], filter);
}

/** dy, filter, plus → dx + plus, of `inputShape`; undefined where the library computes it. */
export function ownInputGradSum(dy: TensorInfo, filter: TensorInfo, plus: TensorInfo, attributes: InputGradAttributes, ops: NativeOps): Tensor | undefined {
  if (!serve(ops.backend, filter.shape, attributes.padding)) return undefined;
  const [, height, width] = attributes.inputShape;
  return run(ops, 'KindredConvolutionInputGradSum', [...window(ops, attributes), ...sizes(ops, height!, width!)], [dy, plus], filter);
}

/** x, dy → dfilter of `filterShape`, in float32; undefined where the library computes it. */
export function ownFilterGrad(x: TensorInfo, dy: TensorInfo, attributes: Conv2DAttributes & { readonly filterShape: readonly number[] }, ops: NativeOps): Tensor | undefined {
  const { filterShape, padding } = attributes;
  if (!serve(ops.backend, filterShape, padding)) return undefined;
  return run(ops, 'KindredConvolutionFilterGrad', [...window(ops, attributes), ...sizes(ops, filterShape[0]!, filterShape[1]!)], [x, dy]);
}
