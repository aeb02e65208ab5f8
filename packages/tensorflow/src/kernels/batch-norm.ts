/** Batch normalisation in training mode: one native op each way, where plain tfjs ops take about ten passes. */
import { mul, tensor1d, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Attribute } from '../node-backend.js';
import { nativeKernel, type NativeOps } from './native.js';

interface Attributes {
  readonly epsilon: number;
}

const common = ({ type, float, text, bool }: NativeOps, epsilon: number): Attribute[] => [
  type('T', 'float32'),
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
  const outputs = ops.many('FusedBatchNormV3', attributes, [x, scale, offset, none, none], 6);
  none.dispose();
  const [y, mean, unbiased, ...saved] = outputs as [TensorInfo, TensorInfo, (typeof outputs)[number], ...TensorInfo[]];
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
    const outputs = ops.many('FusedBatchNormGradV3', common(ops, epsilon), [dy, x, scale, savedA, savedB, savedC], 5);
    for (const placeholder of outputs.slice(3)) placeholder.dispose();
    return outputs.slice(0, 3);
  },
);
