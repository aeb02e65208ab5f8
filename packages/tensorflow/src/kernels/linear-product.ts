/** The product of a linear layer, in bfloat16 where the engine computes in it: inputs rounded, summed in float32, the result float32. */
import { matMul, type Tensor2D, type TensorInfo } from '@tensorflow/tfjs-core';
import { hasInstructions, precisionOf, widenedTensor, withNarrow, withRounded } from '../bfloat16.js';
import { nativeKernel } from './native.js';

interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** a, b, or their transposes → a b. */
export const linearProduct = nativeKernel<'a' | 'b', Attributes>('KindredLinearProduct', ({ a, b }, { transposeA, transposeB }, ops): TensorInfo => {
  const { backend } = ops;
  const inFloat = (x: TensorInfo, y: TensorInfo): Tensor2D => matMul(x as Tensor2D, y as Tensor2D, transposeA, transposeB);
  if (precisionOf(backend) === 'float32') return inFloat(a, b);
  if (!hasInstructions(backend)) return withRounded(backend, [a, b], ([x, y]) => inFloat(x!, y!));
  const attributes = [ops.type('T', 'bfloat16'), ops.bool('transpose_a', transposeA), ops.bool('transpose_b', transposeB)];
  return withNarrow(backend, [a, b], (ids) => widenedTensor(backend, ops.raw('MatMul', attributes, ids, 1)[0]!));
});
