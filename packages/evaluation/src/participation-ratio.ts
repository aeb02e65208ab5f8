/** How many dimensions embeddings actually use. */
import { div, maximum, mean, type Scalar, square, sub, sum, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { checkShapes, matrixProduct } from '@kindred/core';

/**
 * The effective number of dimensions, 1..D, from the eigenvalues λ of the covariance of the rows:
 *
 *     participation ratio = (Σ λ)² / Σ λ² = (tr C)² / ‖C‖²
 *
 * which needs no eigenvalue: D if all directions vary alike, 1 if the rows lie on a line, 0 if they are one point. It is not RankMe (the
 * exponential of the entropy of the singular values), whose values are higher; both fall when dimensions collapse.
 *
 * @param embeddings `[N, D]`, as they are: not normalised.
 * @throws ShapeError
 *
 * @example
 * participationRatio(tf.tensor2d([[1, 0], [-1, 0], [0, 1], [0, -1]])).arraySync(); // => 2
 *
 * @see Gao et al. 2017, "A theory of multineuronal dimensionality, dynamics and measurement"
 */
export function participationRatio(embeddings: Tensor2D): Scalar {
  const { N, D } = checkShapes('participationRatio', { embeddings: [embeddings, 'N D'] });
  return tidy(() => {
    const centred: Tensor2D = sub(embeddings, mean(embeddings, 0, true));
    // the smaller Gram matrix has the same eigenvalues
    const gram = D! <= N! ? matrixProduct(centred, centred, true, false) : matrixProduct(centred, centred, false, true);
    return div(square(sum(square(centred))), maximum(sum(square(gram)), 1e-30)) as Scalar;
  });
}
