/** Distances between rows. */
import { matrixProduct } from '@kindred/core';
import { add, customGrad, maximum, mean, mul, sqrt, square, sub, sum, type Tensor, type Tensor2D, tensor2d, transpose } from '@tensorflow/tfjs-core';

/** Squared Euclidean distances of row i of both: `[N]`. */
export function squaredDistances(a: Tensor2D, b: Tensor2D): Tensor {
  return sum(square(sub(a, b)), 1);
}

/** Squared distances of every row of `a` to every row of `b`, rows of length 1 (or 0): `[N, K]`, exact to about 1e-7. */
export function allSquaredDistancesOfUnitRows(a: Tensor2D, b: Tensor2D): Tensor2D {
  return maximum(sub(add(squaredLengths(a), transpose(squaredLengths(b))), mul(matrixProduct(a, b, false, true), 2)), 0);
}

/** Pairs of rows whose squared distance is below this share of their squared lengths are recomputed without products. */
const near = 1 / 64;

/**
 * Squared Euclidean distances of every row of `a` to every row of `b`: `[N, K]`, accurate however far the rows are from the origin.
 *
 * Computed by products, so that nothing of size N·K·D is held: `|a|² − 2ab + |b|²`, which has the rounding error of |a|² and |b|² in float32.
 * So rows are first centred on the mean of `b`, and pairs that are still close compared with their lengths (rows of two far clusters) are
 * recomputed as Σ (a − b)² in float64, gradient included. Reads the distances from the backend.
 */
export function allSquaredDistances(a: Tensor2D, b: Tensor2D): Tensor2D {
  return customGrad((...given) => {
    const [x, y, save] = given as unknown as [Tensor2D, Tensor2D, (tensors: Tensor[]) => void];
    const centre = mean(y, 0, true);
    const [p, q] = [sub(x, centre) as Tensor2D, sub(y, centre) as Tensor2D];
    const [ofX, ofY] = [squaredLengths(p), squaredLengths(q)];
    const products = maximum(sub(add(ofX, transpose(ofY)), mul(matrixProduct(p, q, false, true), 2)), 0) as Tensor2D;
    const pairs = nearPairs(products, ofX, ofY);
    save([p, q]);
    if (pairs.length === 0) {
      return { value: products, gradFunc: (dy, saved) => byProducts(dy as Tensor2D, saved as Tensor2D[]) };
    }
    const [columns, dimension] = [y.shape[0], x.shape[1]];
    const [rowsOfX, rowsOfY] = [x.dataSync().slice(), y.dataSync().slice()];
    const differences = (at: number): Float64Array => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      return Float64Array.from({ length: dimension }, (_, d) => rowsOfX[i * dimension + d]! - rowsOfY[j * dimension + d]!);
    };
    const distances = products.dataSync().slice();
    for (const at of pairs) distances[at] = differences(at).reduce((total, difference) => total + difference * difference, 0);
    return {
      value: tensor2d(distances, products.shape),
      gradFunc: (dy, saved) => {
        const slopes = dy.dataSync().slice();
        const [forX, forY] = [new Float32Array(rowsOfX.length), new Float32Array(rowsOfY.length)];
        for (const at of pairs) {
          const slope = 2 * slopes[at]!;
          slopes[at] = 0;
          if (slope === 0) continue;
          const [i, j] = [Math.floor(at / columns), at % columns];
          differences(at).forEach((difference, d) => {
            forX[i * dimension + d]! += slope * difference;
            forY[j * dimension + d]! -= slope * difference;
          });
        }
        const [ofA, ofB] = byProducts(tensor2d(slopes, products.shape), saved as Tensor2D[]);
        return [add(ofA!, tensor2d(forX, x.shape)), add(ofB!, tensor2d(forY, y.shape))];
      },
    };
  })(a, b) as Tensor2D;
}

/** Where in `[N, K]` distances are small compared with the squared lengths `[N, 1]` and `[K, 1]`. */
function nearPairs(distances: Tensor2D, ofX: Tensor2D, ofY: Tensor2D): number[] {
  const [values, left, right] = [distances, ofX, ofY].map((tensor) => tensor.dataSync()) as [Float32Array, Float32Array, Float32Array];
  const found: number[] = [];
  for (let i = 0, at = 0; i < left.length; i++) {
    for (let j = 0; j < right.length; j++, at++) if (values[at]! < near * (left[i]! + right[j]!)) found.push(at);
  }
  return found;
}

/** The gradients for `p` and `q` from slopes `[N, K]`: 2 Σⱼ sᵢⱼ (pᵢ − qⱼ) and 2 Σᵢ sᵢⱼ (qⱼ − pᵢ). */
function byProducts(slopes: Tensor2D, [p, q]: Tensor2D[]): Tensor2D[] {
  const [rows, columns] = [sum(slopes, 1, true), transpose(sum(slopes, 0, true))];
  return [
    mul(sub(mul(p!, rows), matrixProduct(slopes, q!)), 2),
    mul(sub(mul(q!, columns), matrixProduct(slopes, p!, true, false)), 2),
  ];
}

/** `[N, 1]` */
const squaredLengths = (rows: Tensor2D): Tensor2D => sum(square(rows), 1, true);

/** Square roots with a finite gradient at 0: below 1e-12 the value is 1e-6 and the gradient 0. */
export function rooted<T extends Tensor>(squared: T): T {
  return sqrt(maximum(squared, 1e-12)) as T;
}
