/** Batch normalisation of runs of rows, each as a batch of its own. */
import { addN, concat, div, split, type Tensor, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import { batchNorm, type Normalize, type NormalizedBatch, type NormalizeOptions } from './batch-norm.js';
import { batchNormRelu } from './batch-norm-relu.js';

/**
 * Normalises each of `groups` runs of rows by its own statistics. Mean and variance are averaged over the groups.
 *
 * @param x `[N, H, W, C]` or `[N, C]`, N a multiple of the groups.
 *
 * @example
 * const rows = tf.tensor2d([[1], [3], [5], [9]]);
 * batchNormGroups(rows, tf.ones([1]), tf.zeros([1]), { epsilon: 0, groups: 2 }).y.arraySync(); // => [[-1], [1], [-1], [1]]
 */
export const batchNormGroups: Normalize = <T extends Tensor>(x: T, scale: Tensor1D, offset: Tensor1D, options: NormalizeOptions<T>): NormalizedBatch<T> => {
  const { epsilon, groups, relu = false, side } = options;
  const one = (some: T, beside: T | undefined) => (relu ? batchNormRelu(some, scale, offset, epsilon, beside) : batchNorm(some, scale, offset, epsilon));
  const count = x.size / scale.size / groups;
  if (groups === 1) return { ...one(x, side), count };
  return tidy(() => {
    const sides = side && split(side, groups);
    const results = split(x, groups).map((group, i) => one(group as T, sides?.[i] as T | undefined));
    const average = (of: 'mean' | 'variance'): Tensor1D => div(addN(results.map((result) => result[of])), groups);
    return { y: concat(results.map(({ y }) => y)) as T, mean: average('mean'), variance: average('variance'), count };
  });
};
