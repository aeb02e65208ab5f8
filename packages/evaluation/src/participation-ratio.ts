/** How many dimensions embeddings really use. */
import { div, matMul, maximum, mean, pad, type Scalar, square, sub, sum, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { checkShapes } from '@kindred/core';

/**
 * The effective number of dimensions, 1..D, from the eigenvalues λ of the covariance of the rows:
 *
 *     participation ratio = (Σ λ)² / Σ λ² = (tr C)² / ‖C‖²
 *
 * which needs no eigenvalue: D where all directions vary alike, 1 where the rows lie on a line, 0 where they are one point. It is not RankMe (the exponential of the entropy of the singular values), whose values are higher; both fall
 * when dimensions collapse.
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
    // Zeros where a side is odd: past such an edge webgl's texture then holds 0 − mean, which the product would count
    // (tfjs 4.22; wrong by a factor of 4 for three rows)
    const edges: [[number, number], [number, number]] = [[0, N! % 2], [0, D! % 2]];
    const centred = pad(sub(embeddings, mean(embeddings, 0, true)) as Tensor2D, edges);
    // the smaller Gram matrix has the same eigenvalues
    const gram = D! <= N! ? matMul(centred, centred, true, false) : matMul(centred, centred, false, true);
    return div(square(sum(square(centred))), maximum(sum(square(gram)), 1e-30)) as Scalar;
  });
}
