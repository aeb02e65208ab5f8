/** Batch normalisation in training mode: one native op each way, where plain tfjs ops take about ten passes. */
import { mul, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { Attribute } from '../node-backend.js';
import { nativeKernel, type NativeOps } from './native.js';
import { runTyped } from './typed-op.js';

interface Attributes {
  readonly epsilon: number;
}

const common = ({ type, float, text, bool }: NativeOps, epsilon: number): Attribute[] => [
  type('U', 'float32'),
  float('epsilon', epsilon),
  text('data_format', 'NHWC'),
  bool('is_training', true),
];

/**
 * x `[N, H, W, C]`, scale and offset `[C]` → y, mean `[C]`, biased variance `[C]`, and three tensors for
 * `KindredBatchNormGrad`, whose shapes and contents only the library knows.
 */
export const batchNorm = nativeKernel<'x' | 'scale' | 'offset', Attributes>('KindredBatchNorm', ({ x, scale, offset }, { epsilon }, ops) => {
  const none = tensor1d([]); // no running statistics
  const attributes = [...common(ops, epsilon), ops.float('exponential_avg_factor', 1)];
  const outputs = runTyped(ops, { op: 'FusedBatchNormV3', attributes, typed: [x], floats: [scale, offset, none, none], outputs: 6 });
  none.dispose();
  const [y, mean, unbiased, ...saved] = outputs as [Tensor, Tensor, Tensor, ...Tensor[]];
  // The library divides by n − 1. Its saved variance is biased on the CPU but an inverse deviation on CUDA
  const count = (x.shape[0] ?? 0) * (x.shape[1] ?? 0) * (x.shape[2] ?? 0);
  const variance = mul(unbiased, (count - 1) / count);
  unbiased.dispose();
  return [y, mean, variance, ...saved];
});

/** dy, x `[N, H, W, C]`, scale `[C]` and what `KindredBatchNorm` saved → dx, dscale, doffset. */
export const batchNormGrad = nativeKernel<'dy' | 'x' | 'scale' | 'savedA' | 'savedB' | 'savedC', Attributes>(
  'KindredBatchNormGrad',
  ({ dy, x, scale, savedA, savedB, savedC }, { epsilon }, ops) => {
    // x decides the type
    const outputs = runTyped(ops, { op: 'FusedBatchNormGradV3', attributes: common(ops, epsilon), typed: [dy, x], floats: [scale, savedA, savedB, savedC], outputs: 5, decides: 1 });
    for (const placeholder of outputs.slice(3)) placeholder.dispose();
    return outputs.slice(0, 3);
  },
);
