/** The matrix product of linear layers, which a backend may compute in a lower precision than products that compare embeddings. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';
import { matrixProduct } from './matrix-product.js';

interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly [name: string]: unknown;
}

const kernel = defineOp<Attributes>({
  name: 'KindredLinearProduct',
  composite: ({ a, b }, { transposeA, transposeB }) => [matrixProduct(a as Tensor2D, b as Tensor2D, transposeA, transposeB)],
  gradient: {
    inputs: ['a', 'b'],
    compute([dy], saved, { transposeA, transposeB }) {
      const [above, a, b] = [dy, ...saved] as [Tensor2D, Tensor2D, Tensor2D];
      return {
        a: () => (transposeA ? linearProduct(b, above, transposeB, true) : linearProduct(above, b, false, !transposeB)),
        b: () => (transposeB ? linearProduct(above, a, true, transposeA) : linearProduct(a, above, !transposeA, false)),
      };
    },
  },
});

/**
 * `a b`, or of their transposes, as `matrixProduct`: for the weights of a layer. Where the engine trains in bfloat16 the factors are
 * rounded to it and the products summed in float32; the result is float32 everywhere.
 *
 * @param a `[N, K]`; `[K, N]` with `transposeA`.
 * @param b `[K, M]`; `[M, K]` with `transposeB`.
 * @returns `[N, M]`
 *
 * @example
 * linearProduct(tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 4]]), false, true).arraySync(); // => [[11]]
 */
export function linearProduct(a: Tensor2D, b: Tensor2D, transposeA = false, transposeB = false): Tensor2D {
  return kernel({ a, b }, { transposeA, transposeB })[0] as Tensor2D;
}
