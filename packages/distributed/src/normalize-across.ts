/** Batch normalisation by the rows of all ranks. */
import { ArgumentError, batchNorm, type Communicator, type Normalize, type NormalizedBatch, ShapeError } from '@kindred/core';
import {
  add,
  batchNorm as normalizeWith,
  clone,
  concat,
  customGrad,
  dispose,
  div,
  type GradSaveFunc,
  keep,
  mul,
  rsqrt,
  split,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';

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
  return (x, scale, offset, { epsilon, groups: wanted }) => {
    const groups = statistics === 'local' ? Math.max(wanted, size) : wanted;
    if (groups !== 1 && groups % size !== 0) {
      throw new ArgumentError('normalizeAcross.groups', `a multiple of ${size}, the ranks, or 1`, groups, 'Set batchNormSplits to one, or use another number of ranks.');
    }
    return groups === 1 && size > 1
      ? normalizeTogether(communicator, x, scale, offset, epsilon)
      : normalizeApart(communicator, x, scale, offset, epsilon, groups / size);
  };
}

/** All rows of all ranks share their statistics. */
function normalizeTogether<T extends Tensor>(
  communicator: Communicator,
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon: number,
): NormalizedBatch<T> {
  const count = (x.size / scale.size) * communicator.size;
  let found: [mean: Tensor1D, variance: Tensor1D];
  const normalized = customGrad((...given: (Tensor | GradSaveFunc)[]) => {
    const [input, gamma, beta, save] = given as [T, Tensor1D, Tensor1D, GradSaveFunc];
    const own = batchNorm(input, gamma, beta, epsilon); // of which the statistics are used: one pass over memory
    const { mean, variance } = joined(communicator, own.mean, own.variance);
    found = [keep(mean), keep(variance)]; // else gone with the scope of this function
    save([input, gamma, mean, variance]);
    return {
      value: normalizeWith(input, mean, variance, beta, gamma, epsilon),
      gradFunc: (dy: Tensor, saved: Tensor[]) => backward(communicator, dy, saved as never, epsilon, count),
    };
  });
  const y = normalized(x, scale, offset) as T;
  const [mean, variance] = found!.map((each) => clone(each)) as typeof found;
  dispose(found!);
  return { y, mean, variance, count };
}

function backward(
  communicator: Communicator,
  dy: Tensor,
  [x, scale, mean, variance]: [Tensor, Tensor1D, Tensor1D, Tensor1D],
  epsilon: number,
  count: number,
): Tensor[] {
  return tidy((): Tensor[] => {
    const axes = x.shape.slice(0, -1).map((_, axis) => axis);
    const inverse = rsqrt(add(variance, epsilon)) as Tensor1D;
    const centred = sub(x, mean);
    const doffset = sum(dy, axes) as Tensor1D;
    const dscale = mul(sum(mul(dy, centred), axes), inverse) as Tensor1D;
    const sums = tensor1d(communicator.allReduce(floatsOf(concat([doffset, dscale]))));
    const [first, second] = split(div(sums, count), 2) as [Tensor1D, Tensor1D];
    const dx = mul(sub(sub(dy, first), mul(centred, mul(inverse, second))), mul(scale, inverse));
    return [dx, dscale, doffset];
  });
}

/** Each group of this rank's rows is a batch of its own; the moving statistics are those of all groups of all ranks. */
function normalizeApart<T extends Tensor>(
  communicator: Communicator,
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon: number,
  groups: number,
): NormalizedBatch<T> {
  const [rows, count] = [x.shape[0]!, x.size / scale.size / groups];
  if (rows % groups !== 0 || count < 2) {
    const what = `input is [${x.shape.join(', ')}] on each rank, expected ${groups === 1 ? '' : `a multiple of ${groups} rows, the groups, and `}two values a channel${groups === 1 ? '' : ' and group'}.`;
    throw new ShapeError('normalizeAcross', what, { received: x.shape, remedy: 'Use a larger batch, or fewer ranks.' });
  }
  const results = (groups === 1 ? [x] : split(x, groups)).map((group) => batchNorm(group, scale, offset, epsilon));
  const { size } = communicator;
  const own = concat((['mean', 'variance'] as const).map((of) => div(results.map((result) => result[of]).reduce((a, b) => add(a, b)), groups * size) as Tensor1D));
  const [mean, variance] = split(size === 1 ? own : tensor1d(communicator.allReduce(floatsOf(own))), 2) as [Tensor1D, Tensor1D];
  const y = (groups === 1 ? results[0]!.y : concat(results.map((result) => result.y))) as T;
  return { y, mean, variance, count };
}

/** Mean and variance of all ranks' rows, from those of each; never E[x²] − mean², which loses digits. */
function joined(communicator: Communicator, mean: Tensor1D, variance: Tensor1D): { mean: Tensor1D; variance: Tensor1D } {
  const { size } = communicator;
  const channels = mean.size;
  const all = communicator.allGather(floatsOf(concat([mean, variance])));
  const result = { mean: new Float32Array(channels), variance: new Float32Array(channels) };
  for (let c = 0; c < channels; c++) {
    const means = Array.from({ length: size }, (_, rank) => all[2 * channels * rank + c]!);
    const middle = means.reduce((a, b) => a + b, 0) / size;
    const within = means.reduce((total, _, rank) => total + all[2 * channels * rank + channels + c]!, 0);
    result.mean[c] = middle;
    result.variance[c] = (within + means.reduce((total, each) => total + (each - middle) ** 2, 0)) / size;
  }
  return { mean: tensor1d(result.mean), variance: tensor1d(result.variance) };
}

const floatsOf = (tensor: Tensor): Float32Array => tensor.dataSync() as Float32Array;
