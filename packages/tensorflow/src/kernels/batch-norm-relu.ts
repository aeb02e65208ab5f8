/** Batch normalisation, a sum and ReLU in two passes over memory each way, by ops of our own. */
import { clone } from '@tensorflow/tfjs-core';
import type { Attribute } from '../node-backend.js';
import { nativeKernel, type NativeOps } from './native.js';
import { runTyped } from './typed-op.js';

interface Attributes {
  readonly epsilon: number;
  /** Whether a tensor shaped as x is added before the ReLU. */
  readonly sided: boolean;
}

const common = ({ float, bool }: NativeOps, { epsilon, sided }: Attributes): Attribute[] => [float('epsilon', epsilon), bool('sided', sided)];

/** x `[..., C]`, scale and offset `[C]`, side shaped as x where `sided` → y = relu(norm(x) + side), mean `[C]`, biased variance `[C]`. */
export const batchNormRelu = nativeKernel<'x' | 'scale' | 'offset' | 'side', Attributes>('KindredBatchNormRelu', (inputs, attributes, ops) => {
  const { x, scale, offset, side } = inputs;
  // without a side the op looks at none: x, which needs no cast, stands in
  return runTyped(ops, { op: 'KindredNormRelu', attributes: common(ops, attributes), typed: [x, attributes.sided ? side : x], floats: [scale, offset], outputs: 3 });
});

/** dy, x, y `[..., C]`, scale, offset and what `KindredBatchNormRelu` found → dx, dscale, doffset, and dside where `sided`. */
export const batchNormReluGrad = nativeKernel<'dy' | 'x' | 'y' | 'scale' | 'offset' | 'mean' | 'variance', Attributes>(
  'KindredBatchNormReluGrad',
  ({ dy, x, y, scale, offset, mean, variance }, attributes, ops) => {
    // without a side the op knows from x where the ReLU was open
    const typed = [dy, x, attributes.sided ? y : x];
    const outputs = runTyped(ops, { op: 'KindredNormReluGrad', attributes: common(ops, attributes), typed, floats: [scale, offset, mean, variance], outputs: 4, decides: 1 });
    if (!attributes.sided) outputs.pop()!.dispose();
    return outputs;
  },
);

const withoutRelu = (ops: NativeOps, epsilon: number): Attribute[] => [...common(ops, { epsilon, sided: false }), ops.bool('relu', false)];

/** `KindredBatchNorm` by the same op. What it saves for its gradient: mean, variance, and a third that nobody reads. */
export const ownBatchNorm = nativeKernel<'x' | 'scale' | 'offset', { readonly epsilon: number }>('KindredBatchNorm', ({ x, scale, offset }, { epsilon }, ops) => {
  const [y, mean, variance] = runTyped(ops, { op: 'KindredNormRelu', attributes: withoutRelu(ops, epsilon), typed: [x, x], floats: [scale, offset], outputs: 3 });
  return [y!, mean!, variance!, clone(mean!), clone(variance!), clone(mean!)];
});

/** dy, x, scale and what `KindredBatchNorm` saved → dx, dscale, doffset. */
export const ownBatchNormGrad = nativeKernel<'dy' | 'x' | 'scale' | 'savedA' | 'savedB', { readonly epsilon: number }>(
  'KindredBatchNormGrad',
  ({ dy, x, scale, savedA, savedB }, { epsilon }, ops) => {
    // no ReLU, no offset to know
    const floats = [scale, scale, savedA, savedB];
    const outputs = runTyped(ops, { op: 'KindredNormReluGrad', attributes: withoutRelu(ops, epsilon), typed: [dy, x, x], floats, outputs: 4, decides: 1 });
    outputs.pop()!.dispose();
    return outputs;
  },
);
