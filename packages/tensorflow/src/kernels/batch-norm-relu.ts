/** Batch normalisation, a sum and ReLU in two passes over memory each way, by ops of our own. */
import { tensor1d } from '@tensorflow/tfjs-core';
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
  const none = attributes.sided ? undefined : tensor1d([]);
  const outputs = runTyped(ops, { op: 'KindredNormRelu', attributes: common(ops, attributes), typed: [x, none ?? side], floats: [scale, offset], outputs: 3 });
  none?.dispose();
  return outputs;
});

/** dy, x, y `[..., C]`, scale and what `KindredBatchNormRelu` found → dx, dscale, doffset, and dside where `sided`. */
export const batchNormReluGrad = nativeKernel<'dy' | 'x' | 'y' | 'scale' | 'mean' | 'variance', Attributes>(
  'KindredBatchNormReluGrad',
  ({ dy, x, y, scale, mean, variance }, attributes, ops) => {
    const outputs = runTyped(ops, { op: 'KindredNormReluGrad', attributes: common(ops, attributes), typed: [dy, x, y], floats: [scale, mean, variance], outputs: 4, decides: 1 });
    if (!attributes.sided) outputs.pop()!.dispose();
    return outputs;
  },
);
