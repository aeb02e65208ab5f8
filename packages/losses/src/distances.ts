/** Distances between rows. */
import { matrixProduct } from '@kindred/core';
import { add, maximum, mul, sqrt, square, sub, sum, type Tensor, type Tensor2D, transpose } from '@tensorflow/tfjs-core';

/** Squared Euclidean distances of row i of both: `[N]`. */
export function squaredDistances(a: Tensor2D, b: Tensor2D): Tensor {
  return sum(square(sub(a, b)), 1);
}

/**
 * Squared Euclidean distances of every row of `a` to every row of `b`: `[N, K]`. By products, so that nothing of size
 * N·K·D is held; where two rows are near, the result is exact to some 1e-7 of their squared lengths.
 */
export function allSquaredDistances(a: Tensor2D, b: Tensor2D): Tensor2D {
  const lengths = add(sum(square(a), 1, true), transpose(sum(square(b), 1, true)));
  return maximum(sub(lengths, mul(matrixProduct(a, b, false, true), 2)), 0);
}

/** Square roots with a finite gradient at 0: below 1e-12 the value is 1e-6 and the gradient 0. */
export function rooted<T extends Tensor>(squared: T): T {
  return sqrt(maximum(squared, 1e-12)) as T;
}
