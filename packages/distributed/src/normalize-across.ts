/** Batch normalisation over the rows of all ranks. */
import {
  ArgumentError,
  batchNormGroups,
  type BatchNormSync,
  type Communicator,
  type Normalize,
  type NormalizedBatch,
  type NormalizeOptions,
  ShapeError,
  syncBatchNorm,
} from '@kindred/core';
import { div, stack, type Tensor, type Tensor1D, type Tensor2D, tensor2d, tidy, unstack } from '@tensorflow/tfjs-core';

/** Which rows the statistics are computed from. */
export interface NormalizeAcrossOptions {
  /**
   * `synchronized`: the rows of all ranks together, as in one process. `local`: each rank's own rows, as on devices that share nothing; the moving
   * statistics then follow the mean over the ranks, so that they are the same everywhere. Default: synchronized.
   */
  readonly statistics?: 'synchronized' | 'local' | undefined;
}

/**
 * Makes batch normalisation layers use the rows of several ranks; pass it to networks as `normalize`. All ranks must have the same number of rows.
 *
 *     mean = Σ_r mean_r / R        M2 = Σ_r [ M2_r + n (mean_r − mean)² ]        variance = M2 / N,  N = R n
 *     ∂L/∂x = scale · inverse · (∂L/∂y − S1 / N − x̂ · S2 / N)                   S1 = Σ ∂L/∂y,  S2 = Σ ∂L/∂y ⊙ x̂, over all ranks
 *
 * The gradients of scale and offset are this rank's share; the exchange of all gradients adds them up. Each layer costs a message of 2C numbers
 * in the forward pass and another one in the backward pass.
 *
 * For layers that split the batch into groups of rows (`batchNormSplits`) the number of groups must be a multiple of the number of ranks. They only exchange
 * their moving statistics, and the groups hold the same rows on one process and on many.
 *
 * @throws ArgumentError, when applied, if the number of groups is not a multiple of the number of ranks. @throws ShapeError for a single value per channel.
 *
 * @example
 * const layer = batchNormalization({ channels: 1, epsilon: 0, normalize: normalizeAcross(oneRank()) });
 * layer.apply(tf.tensor2d([[1], [3]]), 'train').arraySync(); // => [[-1], [1]]
 *
 * @see Chan, Golub and LeVeque 1979, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances"
 */
export function normalizeAcross(communicator: Communicator, { statistics = 'synchronized' }: NormalizeAcrossOptions = {}): Normalize {
  const { size } = communicator;
  if (statistics !== 'synchronized' && statistics !== 'local') {
    throw new ArgumentError('normalizeAcross.statistics', "'synchronized' or 'local'", statistics);
  }
  const sync = syncOf(communicator);
  return (x, scale, offset, options) => {
    const groups = statistics === 'local' ? Math.max(options.groups, size) : options.groups;
    if (groups !== 1 && groups % size !== 0) {
      throw new ArgumentError('normalizeAcross.groups', `a multiple of ${size}, the ranks, or 1`, groups, 'Set batchNormSplits to one, or use another number of ranks.');
    }
    if (groups > 1 || size === 1) return normalizeApart(communicator, x, scale, offset, { ...options, groups: groups / size });
    return { ...syncBatchNorm(x, scale, offset, options.epsilon, sync, options), count: (x.size / scale.size) * size };
  };
}

/** Normalises each group of this rank's rows as a batch of its own; the moving statistics are averaged over all groups of all ranks. */
function normalizeApart<T extends Tensor>(communicator: Communicator, x: T, scale: Tensor1D, offset: Tensor1D, options: NormalizeOptions<T>): NormalizedBatch<T> {
  const { groups } = options;
  if (x.shape[0]! % groups !== 0 || x.size / scale.size / groups < 2) {
    const what = `input is [${x.shape.join(', ')}] on each rank, expected ${groups === 1 ? '' : `a multiple of ${groups} rows, the groups, and `}two values a channel${groups === 1 ? '' : ' and group'}.`;
    throw new ShapeError('normalizeAcross', what, { received: x.shape, remedy: 'Use a larger batch, or fewer ranks.' });
  }
  const result = batchNormGroups(x, scale, offset, options);
  if (communicator.size === 1) return result;
  const [mean, variance] = tidy(() => {
    const own = stack([result.mean, result.variance]) as Tensor2D;
    return unstack(div(tensor2d(communicator.allReduce(floatsOf(own)), own.shape), communicator.size)) as [Tensor1D, Tensor1D];
  });
  return { ...result, mean, variance };
}

/** Combines statistics over all ranks, with one message per call. */
const syncOf = (communicator: Communicator): BatchNormSync => ({
  ranks: communicator.size,
  moments: (own) => tensor2d(joined(communicator.allGather(floatsOf(own)), communicator.size), own.shape),
  sums: (own) => tensor2d(communicator.allReduce(floatsOf(own)), own.shape),
});

/** Mean and variance over all ranks' rows from those of each rank. Not computed as E[x²] − mean², which loses digits. */
function joined(all: Float32Array, ranks: number): Float32Array {
  const result = new Float32Array(all.length / ranks);
  const channels = result.length / 2;
  for (let c = 0; c < channels; c++) {
    const means = Array.from({ length: ranks }, (_, rank) => all[2 * channels * rank + c]!);
    const middle = means.reduce((a, b) => a + b, 0) / ranks;
    const within = means.reduce((total, _, rank) => total + all[2 * channels * rank + channels + c]!, 0);
    result[c] = middle;
    result[channels + c] = (within + means.reduce((total, each) => total + (each - middle) ** 2, 0)) / ranks;
  }
  return result;
}

const floatsOf = (tensor: Tensor): Float32Array => tensor.dataSync() as Float32Array;
