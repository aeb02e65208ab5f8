/** Batch normalisation in parts, between which other rows' sums join in: each one pass over memory, by ops of our own. */
import type { Attribute } from '../node-backend.js';
import { nativeKernel, type NativeOps } from './native.js';
import { runTyped } from './typed-op.js';

interface Attributes {
  readonly epsilon: number;
  readonly relu: boolean;
  /** Whether a tensor shaped as x is added before the ReLU. */
  readonly sided: boolean;
}

const common = ({ float, bool }: NativeOps, { epsilon, relu, sided }: Attributes): Attribute[] => [
  float('epsilon', epsilon),
  bool('relu', relu),
  bool('sided', sided),
];

/** x `[..., C]` → moments `[2, C]`: mean, biased variance. */
export const syncBatchNormMoments = nativeKernel<'x', object>('KindredSyncBatchNormMoments', ({ x }, _, ops) => runTyped(ops, { op: 'KindredNormMoments', typed: [x], outputs: 1 })[0]!);

/** x `[..., C]`, moments `[2, C]`, scale and offset `[C]`, side shaped as x where `sided` → y, shaped as x. */
export const syncBatchNorm = nativeKernel<'x' | 'moments' | 'scale' | 'offset' | 'side', Attributes>('KindredSyncBatchNorm', (inputs, attributes, ops) => {
  const { x, moments, scale, offset, side } = inputs;
  return runTyped(ops, { op: 'KindredNormBy', attributes: common(ops, attributes), typed: [x, attributes.sided ? side : x], floats: [moments, scale, offset], outputs: 1 })[0]!;
});

/** dy, x `[..., C]`, y shaped as x with `relu` (else anything), moments → sums `[2, C]`, and dside where `sided`. */
export const syncBatchNormSums = nativeKernel<'dy' | 'x' | 'y' | 'moments', Attributes>('KindredSyncBatchNormSums', ({ dy, x, y, moments }, attributes, ops) => {
  const outputs = runTyped(ops, { op: 'KindredNormBySums', attributes: common(ops, attributes), typed: [dy, x, y], floats: [moments], outputs: 2, decides: 1 });
  if (!attributes.sided) outputs.pop()!.dispose();
  return outputs;
});

/** dy, x `[..., C]`, y as above, moments, scale `[C]` and means `[2, C]` over all rows → dx. */
export const syncBatchNormGrad = nativeKernel<'dy' | 'x' | 'y' | 'moments' | 'scale' | 'means', Attributes>(
  'KindredSyncBatchNormGrad',
  ({ dy, x, y, moments, scale, means }, attributes, ops) =>
    runTyped(ops, { op: 'KindredNormByGrad', attributes: common(ops, attributes), typed: [dy, x, y], floats: [moments, scale, means], outputs: 1, decides: 1 })[0]!,
);
