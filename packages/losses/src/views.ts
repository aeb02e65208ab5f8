/** All views of every sample in one matrix, as NT-Xent, DCL and SupCon compare them. */
import { l2Normalize, matrixProduct, type PositivePairs } from '@kindred/core';
import { addN, concat, div, mul, sum, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';

/** Added to a score that must not count, so that its exponential is 0. */
export const absent = -1e9;

/** What all views give together. */
export interface ViewScores {
  /** V, the number of views. */
  readonly views: number;
  /** zᵢ·z_k / τ of all rows z = [anchors; positives; further views], each of length 1: `[VN, VN]`. */
  readonly scores: Tensor2D;
  /** z·z′ / τ of two views of a sample, the mean over all its pairs of views: `[N]`. */
  readonly own: Tensor1D;
}

/** Call it inside of `tidy`. */
export function viewScores({ anchors, positives, furtherViews = [] }: PositivePairs, temperature: number): ViewScores {
  const views = [anchors, positives, ...furtherViews].map((view) => l2Normalize(view));
  const products: Tensor[] = views.flatMap((one, v) => views.slice(v + 1).map((other) => sum(mul(one, other), 1)));
  return {
    views: views.length,
    scores: scoresAmong(concat(views, 0), temperature),
    own: div(products.length === 1 ? products[0]! : addN(products), temperature * products.length) as Tensor1D,
  };
}

/** zᵢ·z_k / τ of all rows, each of length 1: `[rows, rows]`. Call it inside of `tidy`. */
export function scoresAmong(rows: Tensor2D, temperature: number): Tensor2D {
  return matrixProduct(div(rows, temperature) as Tensor2D, rows, false, true);
}
