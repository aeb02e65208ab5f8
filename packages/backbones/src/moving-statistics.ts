/** The moving statistics of a batch normalisation. */
import { defineOp } from '@kindred/core';
import { add, mul, type Tensor1D } from '@tensorflow/tfjs-core';

interface Attributes {
  /** The share of the new batch. */
  readonly momentum: number;
  /** What its variance is multiplied by. */
  readonly correction: number;
  readonly [name: string]: unknown;
}

const kernel = defineOp<Attributes>({
  name: 'KindredMovingStatistics',
  composite: ({ mean, variance, batchMean, batchVariance }, { momentum, correction }) => [
    add(mul(mean!, 1 - momentum), mul(batchMean!, momentum)),
    add(mul(variance!, 1 - momentum), mul(batchVariance!, momentum * correction)),
  ],
});

/** Mean and variance of a batch, or the moving ones. */
interface Statistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/** `(1 − momentum) · moving + momentum · batch`, the batch's biased variance made that of n/(n−1). */
export function movingStatistics(moving: Statistics, batch: Statistics, { momentum, count }: { readonly momentum: number; readonly count: number }): Statistics {
  const inputs = { ...moving, batchMean: batch.mean, batchVariance: batch.variance };
  const [mean, variance] = kernel(inputs, { momentum, correction: count / (count - 1) });
  return { mean: mean as Tensor1D, variance: variance as Tensor1D };
}
