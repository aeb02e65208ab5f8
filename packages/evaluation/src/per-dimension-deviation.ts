/** Whether embeddings still differ, dimension by dimension. */
import { mean, mul, sqrt, square, sub, type Tensor1D, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { checkShapes, l2Normalize } from '@kindred/core';

/**
 * The standard deviation of each dimension over the normalised rows, times √D: 0 if an encoder has collapsed to a point, 1 (as a
 * mean square) if the rows are spread evenly over the sphere. SimSiam plots its mean, without √D. It does not detect a collapse into
 * a line or a plane: `participationRatio` does.
 *
 * @param embeddings `[N, D]`.
 * @returns `[D]`, the population's deviation (divided by N).
 * @throws ShapeError
 *
 * @example
 * perDimensionDeviation(tf.tensor2d([[1, 0], [-2, 0]])).arraySync(); // => [1.41421, 0]
 *
 * @see Chen & He 2021, "Exploring simple Siamese representation learning", section 4.1
 */
export function perDimensionDeviation(embeddings: Tensor2D): Tensor1D {
  const { D } = checkShapes('perDimensionDeviation', { embeddings: [embeddings, 'N D'] });
  return tidy(() => {
    const rows = l2Normalize(embeddings);
    return mul(sqrt(mean(square(sub(rows, mean(rows, 0, true))), 0)), Math.sqrt(D!)) as Tensor1D;
  });
}
