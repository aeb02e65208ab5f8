/** Matrix products that are right for odd sides on every backend. */
import { matMul, pad, slice, type Tensor2D, tidy } from '@tensorflow/tfjs-core';

/**
 * `a b`, or of their transposes: tfjs's `matMul` for two matrices, value and gradient right whatever their sides.
 *
 * tfjs 4.22's webgl packs values in fours. Past an odd edge a texture holds what the last operation made of nothing (0 less a mean,
 * the shift of a batch normalisation), and a product along that side counts it: 6 % off for K = 21, 4 times too much for 3. So odd
 * sides get a row or column of zeros first. Even sides, the usual case, cost nothing.
 *
 * @param a `[N, K]`; `[K, N]` with `transposeA`.
 * @param b `[K, M]`; `[M, K]` with `transposeB`.
 * @returns `[N, M]`
 *
 * @example
 * matrixProduct(tf.tensor2d([[1, 2, 3]]), tf.tensor2d([[1, 0, 1]]), false, true).arraySync(); // => [[4]]
 */
export function matrixProduct(a: Tensor2D, b: Tensor2D, transposeA = false, transposeB = false): Tensor2D {
  return tidy(() => {
    const product = matMul<Tensor2D>(evenSided(a), evenSided(b), transposeA, transposeB);
    const [rows, columns] = [a.shape[transposeA ? 1 : 0], b.shape[transposeB ? 0 : 1]];
    return product.shape[0] === rows && product.shape[1] === columns ? product : slice(product, [0, 0], [rows, columns]);
  });
}

function evenSided(x: Tensor2D): Tensor2D {
  const [rows, columns] = x.shape;
  return rows % 2 === 0 && columns % 2 === 0 ? x : pad(x, [[0, rows % 2], [0, columns % 2]]);
}
