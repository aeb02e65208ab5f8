/** Multinomial logistic regression: its objective and gradient over features that stay on the engine. */
import {
  add,
  dispose,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import { argMaxRows, matrixProduct } from '@kindred/core';
import { crossEntropyRows } from './classifier-layer.js';
import type { Features } from './features.js';
import type { Evaluation } from './lbfgs.js';
import { type Scaling, scaled } from './standardize.js';

/** Features as blocks on the engine, for many evaluations of the objective. */
export interface Blocks {
  readonly dimension: number;
  readonly rows: number;
  /** `[rows of the block, D]` */
  readonly inputs: readonly Tensor2D[];
  dispose(): void;
}

/** Rows a block: sums within one are float32, those over blocks float64. */
const blockRows = 8192;

/** Puts features, scaled, on the engine. The caller disposes them. */
export function toBlocks(features: Features, scaling: Scaling): Blocks {
  const { dimension, values } = features;
  const rows = values.length / dimension;
  const inputs = starts(rows).map((start) => {
    const end = Math.min(start + blockRows, rows);
    return tensor2d(scaled(features, scaling, start, end), [end - start, dimension]);
  });
  return { dimension, rows, inputs, dispose: () => dispose(inputs) };
}

const starts = (rows: number): number[] => Array.from({ length: Math.ceil(rows / blockRows) }, (_, i) => i * blockRows);

/** What is minimised. Its numbers are W `[D, K]`, row-major, then b `[K]`. */
export interface SoftmaxObjective {
  /** The length of a vector of all numbers. */
  readonly size: number;
  evaluate(numbers: Float64Array, regularization: number): Promise<Evaluation>;
  dispose(): void;
}

/**
 *     J(W, b) = 1/n [ Σᵢ −log softmax(xᵢW + b)[yᵢ] + λ/2 ‖W‖² ]
 *
 * Logits and gradients of a block are float32; losses are summed, and blocks added, in float64.
 *
 * @param labels The class of every row, 0..K−1.
 */
export function softmaxObjective({ inputs, dimension, rows }: Blocks, labels: Int32Array, classes: number): SoftmaxObjective {
  const targets = inputs.map((_, i) => tensor1d(labels.slice(i * blockRows, (i + 1) * blockRows), 'int32'));
  const weightCount = dimension * classes;
  return {
    size: weightCount + classes,
    async evaluate(numbers, regularization) {
      const gradient = new Float64Array(weightCount + classes);
      let penalty = 0;
      for (let i = 0; i < weightCount; i++) {
        penalty += numbers[i]! ** 2;
        gradient[i] = regularization * numbers[i]!;
      }
      let loss = (regularization / 2) * penalty;
      const { weights, bias } = upload(numbers, dimension, classes);
      try {
        for (const [i, x] of inputs.entries()) {
          const parts = tidy(() => blockGradient(x, targets[i]!, weights, bias));
          try {
            const [losses, byWeight, byBias] = await Promise.all(parts.map((part) => part.data()));
            for (const value of losses!) loss += value;
            // [K, D]: this product is twice as fast as its transpose
            for (let k = 0; k < classes; k++) {
              for (let d = 0; d < dimension; d++) gradient[d * classes + k]! += byWeight![k * dimension + d]!;
              gradient[weightCount + k]! += byBias![k]!;
            }
          } finally {
            dispose(parts);
          }
        }
      } finally {
        dispose([weights, bias]);
      }
      return { value: loss / rows, gradient: gradient.map((value) => value / rows) };
    },
    dispose: () => dispose(targets),
  };
}

/** For one block, the loss of each row, and the gradients of their sum for weights (transposed) and bias. */
function blockGradient(x: Tensor2D, target: Tensor1D, weights: Tensor2D, bias: Tensor1D): Tensor[] {
  const { losses, excess } = crossEntropyRows(add(matrixProduct(x, weights), bias), target);
  return [losses, matrixProduct(excess, x, true, false), sum(excess, 0)];
}

/** The class with the largest logit of every row; the lowest of equals. */
export async function classify({ inputs, dimension, rows }: Blocks, numbers: Float64Array, classes: number): Promise<Int32Array> {
  const predictions = new Int32Array(rows);
  const { weights, bias } = upload(numbers, dimension, classes);
  try {
    for (const [i, x] of inputs.entries()) {
      const best = tidy(() => argMaxRows(add(matrixProduct(x, weights), bias)));
      try {
        predictions.set(await best.data(), i * blockRows);
      } finally {
        best.dispose();
      }
    }
  } finally {
    dispose([weights, bias]);
  }
  return predictions;
}

function upload(numbers: Float64Array, dimension: number, classes: number): { weights: Tensor2D; bias: Tensor1D } {
  const count = dimension * classes;
  return {
    weights: tensor2d(Float32Array.from(numbers.subarray(0, count)), [dimension, classes]),
    bias: tensor1d(Float32Array.from(numbers.subarray(count))),
  };
}
