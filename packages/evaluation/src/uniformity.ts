/** How evenly embeddings cover the sphere. */
import { exp, eye, log, mul, type Scalar, sub, sum, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { ArgumentError, checkShapes, l2Normalize, matrixProduct } from '@kindred/core';

/**
 * The logarithm of the mean Gaussian potential of all pairs of different rows: 0 if all rows point the same way, and lower the more
 * evenly they are spread; −4 if all are orthogonal, and about that in many dimensions.
 *
 *     uniformity = log mean_{i≠j} exp(−2 ‖xᵢ − xⱼ‖²)
 *
 * Rows are normalised here. N² numbers are held: a few thousand rows are enough.
 *
 * @param embeddings `[N, D]`, N of 2 or more.
 * @throws ArgumentError for fewer than two rows; ShapeError.
 *
 * @example
 * uniformity(tf.tensor2d([[1, 0], [0, 3]])).arraySync(); // => -4
 *
 * @see Wang & Isola 2020, "Understanding contrastive representation learning through alignment and uniformity", t = 2
 */
export function uniformity(embeddings: Tensor2D): Scalar {
  const { N } = checkShapes('uniformity', { embeddings: [embeddings, 'N D'] });
  if (N! < 2) throw new ArgumentError('uniformity.embeddings', 'two rows or more', N);
  return tidy(() => {
    const rows = l2Normalize(embeddings);
    // −2‖a − b‖² = 4ab − 4 for unit rows
    const potentials = exp(mul(sub(matrixProduct(rows, rows, false, true), 1), 4));
    return log(mul(sum(mul(potentials, sub(1, eye(N!)))), 1 / (N! * (N! - 1)))) as Scalar;
  });
}
