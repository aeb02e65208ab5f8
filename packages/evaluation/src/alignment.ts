/** How near the two views of a sample are. */
import { mean, type Scalar, square, sub, sum, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { checkShapes, l2Normalize } from '@kindred/core';

/**
 * The mean squared distance of positive pairs on the unit sphere: 0 if the views of a sample are one point, 2 if they are as far
 * apart as unrelated samples in many dimensions.
 *
 *     alignment = mean_i ‖aᵢ − bᵢ‖²
 *
 * Rows are normalised here. Low values mean something only together with `uniformity`: a collapsed encoder has 0.
 *
 * @param a One view of every sample, `[N, D]`.
 * @param b The other, `[N, D]`.
 * @throws ShapeError
 *
 * @example
 * alignment(tf.tensor2d([[1, 0]]), tf.tensor2d([[0, 3]])).arraySync(); // => 2
 *
 * @see Wang & Isola 2020, "Understanding contrastive representation learning through alignment and uniformity", α = 2
 */
export function alignment(a: Tensor2D, b: Tensor2D): Scalar {
  checkShapes('alignment', { a: [a, 'N D'], b: [b, 'N D'] }, 'Take two views of the same samples.');
  return tidy(() => mean(sum(square(sub(l2Normalize(a), l2Normalize(b))), 1)) as Scalar);
}
