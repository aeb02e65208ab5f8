/** The curvature of a softmax regression, approximated once for a whole fit: with it L-BFGS takes some ten iterations instead of a hundred. */
import { matrixProduct } from '@kindred/core';
import { add, concat, dispose, eye, mul, neg, slice, stridedSlice, sub, sum, type Tensor2D, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';
import type { Blocks } from './softmax-objective.js';

/** An approximation of the objective's second derivatives. */
export interface Curvature {
  /** Its inverse times a gradient, W `[D, K]` and then b `[K]`, for this λ. */
  solve(gradient: Float64Array, regularization: number): Promise<Float64Array>;
  dispose(): void;
}

/** The most rows that are looked at: for more dimensions than these the curvature is known along the rows only. */
const mostRows = 4096;

/**
 * The least share of the mean curvature that every direction is given. Less would be lost in float32's rounding of the inverse, and
 * flat directions hardly show in a gradient of the tolerances that are asked for.
 */
const floor = 1e-2;

/**
 * Where all classes are as likely the second derivatives of J are those of W's columns, less their mean, each of them
 *
 *     H = XᵀX / (nK) + λ/n
 *
 * with n rows x. Here X are evenly spaced ones of them. H⁻¹ = TᵀT is applied by its factor, which no rounding makes indefinite; an inverse itself led
 * upwards. It is that of XᵀX, or for fewer rows than dimensions by Woodbury's identity that of XXᵀ.
 *
 * @see Böhning 1992, "Multinomial logistic regression algorithm"
 */
export function curvatureOf({ inputs, dimension, rows }: Blocks, classes: number): Curvature {
  const every = Math.ceil(rows / mostRows);
  const some = tidy(() => concat(inputs.map((x) => stridedSlice(x, [0, 0], x.shape, [every, 1]) as Tensor2D), 0));
  const count = some.shape[0];
  const narrow = dimension <= count;
  const products = tidy(() => mul(matrixProduct(some, some, narrow, !narrow), 1 / (count * classes)) as Tensor2D);
  const size = products.shape[0];
  const mean = tidy(() => sum(mul(products, eye(size))));
  const kept = { factor: undefined as Tensor2D | undefined, ridge: NaN };
  return {
    async solve(gradient, regularization) {
      const least = (floor * (await mean.data())[0]!) / dimension;
      const ridge = Math.max(regularization / rows, least) || 1;
      if (kept.ridge !== ridge) {
        kept.factor?.dispose();
        kept.ridge = ridge;
        const ridged = tidy(() => add(products, mul(eye(size), ridge)) as Tensor2D);
        try {
          kept.factor = await inverseFactor(ridged);
        } finally {
          ridged.dispose();
        }
      }
      const weights = dimension * classes;
      const solved = tidy(() => {
        const g = tensor2d(Float32Array.from(gradient.subarray(0, weights)), [dimension, classes]);
        const solve = (b: Tensor2D): Tensor2D => matrixProduct(kept.factor!, matrixProduct(kept.factor!, b), true, false);
        if (narrow) return solve(g);
        const along = solve(matrixProduct(some, g));
        return mul(sub(g, mul(matrixProduct(some, along, true, false), 1 / (count * classes))), 1 / ridge);
      });
      const result = new Float64Array(gradient.length);
      try {
        result.set(await solved.data());
      } finally {
        solved.dispose();
      }
      for (let i = weights; i < result.length; i++) result[i] = gradient[i]! * classes;
      return result;
    },
    dispose: () => dispose([some, products, mean, ...(kept.factor ? [kept.factor] : [])]),
  };
}

/** Rows up to which a factor is computed in JavaScript. */
const smallest = 96;

/** T, lower triangular, with TᵀT the inverse of a symmetric, positive definite matrix: by those of two halves. */
async function inverseFactor(matrix: Tensor2D): Promise<Tensor2D> {
  const size = matrix.shape[0];
  if (size <= smallest) return tensor2d(smallFactor(await matrix.data<'float32'>(), size), [size, size]);
  const half = 2 * Math.ceil(size / 4);
  const part = (row: number, column: number): Tensor2D =>
    slice(matrix, [row, column], [row === 0 ? half : size - half, column === 0 ? half : size - half]);
  const made: Tensor2D[] = [];
  try {
    const first = part(0, 0);
    made.push(first);
    const upper = await inverseFactor(first);
    made.push(upper);
    const across = tidy(() => matrixProduct(upper, part(0, half)));
    made.push(across);
    const rest = tidy(() => sub(part(half, half), matrixProduct(across, across, true, false)) as Tensor2D);
    made.push(rest);
    const lower = await inverseFactor(rest);
    made.push(lower);
    return tidy(() => {
      const beside = neg(matrixProduct(lower, matrixProduct(across, upper, true, false)));
      return concat([concat([upper, zeros([half, size - half])], 1), concat([beside, lower], 1)], 0) as Tensor2D;
    });
  } finally {
    dispose(made);
  }
}

/** The same in float64: the inverse of the Cholesky factor. */
function smallFactor(values: Float32Array, size: number): Float32Array {
  const l = Float64Array.from(values);
  const t = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = l[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * size + k]! * l[j * size + k]!;
      l[i * size + j] = i === j ? Math.sqrt(sum) : sum / l[j * size + j]!;
    }
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= l[i * size + k]! * t[k * size + j]!;
      t[i * size + j] = sum / l[i * size + i]!;
    }
  }
  return Float32Array.from(t);
}
