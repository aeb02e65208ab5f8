/** Both views of every sample in one matrix, as NT-Xent, DCL and SupCon compare them. */
import { l2Normalize, type PositivePairs } from '@kindred/core';
import { concat, div, matMul, mul, sum, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';

/** Added to a score that must not count: its exponential is 0. */
export const absent = -1e9;

/** What both views give together. */
export interface ViewScores {
  /** zᵢ·z_k / τ of all rows z = [anchors; positives], each of length 1: `[2N, 2N]`. */
  readonly scores: Tensor2D;
  /** aᵢ·pᵢ / τ: `[N]`. */
  readonly own: Tensor1D;
}

/** Call it inside of `tidy`. */
export function viewScores(pairs: PositivePairs, temperature: number): ViewScores {
  const anchors = l2Normalize(pairs.anchors);
  const positives = l2Normalize(pairs.positives);
  const rows = concat([anchors, positives], 0);
  return {
    scores: matMul(div(rows, temperature) as Tensor2D, rows, false, true),
    own: div(sum(mul(anchors, positives), 1), temperature),
  };
}
