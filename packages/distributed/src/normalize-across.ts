/** Batch normalisation by the rows of all ranks. */
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

/** Whose rows a batch normalisation takes its statistics of. */
export interface NormalizeAcrossOptions {
  /**
   * `synchronized`: of all ranks' rows together, as one process would. `local`: of each rank's own, as on devices that share nothing; the moving
   * statistics then follow the mean over the ranks, so that they are equal everywhere. Default: synchronized.
   */
  readonly statistics?: 'synchronized' | 'local' | undefined;
}

/**
 * How batch normalisation layers normalise on several ranks: to be given to networks as `normalize`. All ranks have as many rows.
 *
 *     mean = Σ_r mean_r / R        M2 = Σ_r [ M2_r + n (mean_r − mean)² ]        variance = M2 / N,  N = R n
 *     ∂L/∂x = scale · inverse · (∂L/∂y − S1 / N − x̂ · S2 / N)                   S1 = Σ ∂L/∂y,  S2 = Σ ∂L/∂y ⊙ x̂, over all ranks
 *
 * The gradients of scale and offset are this rank's part: the exchange of all gradients adds them up. Each pass through a layer costs a message of
 * 2C numbers forward and one backward.
 *
 * Layers with groups of rows (`batchNormSplits`) take a multiple of the number of ranks, and normalise without a message save for their moving
 * statistics; groups on one process and on many are the same rows.
 *
 * @throws ArgumentError when applied with groups that the ranks do not divide. @throws ShapeError for a single value a channel.
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

/** Each group of this rank's rows is a batch of its own; the moving statistics are those of all groups of all ranks. */
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

/** The statistics of all ranks' rows, one message each. */
const syncOf = (communicator: Communicator): BatchNormSync => ({
  ranks: communicator.size,
  moments: (own) => tensor2d(joined(communicator.allGather(floatsOf(own)), communicator.size), own.shape),
  sums: (own) => tensor2d(communicator.allReduce(floatsOf(own)), own.shape),
});

/** Mean and variance of all ranks' rows, from those of each; never E[x²] − mean², which loses digits. */
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
