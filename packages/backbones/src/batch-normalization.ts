/** A batch normalisation layer with PyTorch's conventions. */
import { ArgumentError, type BatchNormActivation, batchNormGroups, checkWhole, type Mode, type Network, type Normalize, relu, ShapeError } from '@kindred/core';
import {
  add,
  batchNorm as normalizeWith,
  ones,
  type Tensor,
  type Tensor1D,
  tidy,
  type Variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { variableOf } from './initialize.js';
import { movingStatistics } from './moving-statistics.js';

/** The default epsilon, added to a variance, as in PyTorch. */
export const defaultEpsilon = 1e-5;

/** Which of scale and offset are learned: both, neither, or the scale alone (the last layer of SimCLR's head). */
export type Affine = boolean | 'scale-only';

/** The settings of a batch normalisation. */
export interface BatchNormalizationOptions {
  /** C, the length of the last axis. */
  readonly channels: number;
  /** Both scale and offset by default. */
  readonly affine?: Affine;
  /** The share of a new batch in the moving statistics; 0.1 by default, as in PyTorch (Keras would call it 0.9). */
  readonly momentum?: number;
  /** Added to the variance; 1e-5 by default, as in PyTorch. */
  readonly epsilon?: number;
  /** What the scale starts as; 1 by default. 0 makes a residual block start as the identity. */
  readonly initialScale?: number;
  /**
   * How many groups a training batch is cut into, each normalised by its own statistics; 1 by default. Rows 0..N/splits − 1 are
   * the first group, and so on: N must be a multiple.
   */
  readonly splits?: number;
  /** How a training batch is normalised; by its own rows by default. `normalizeAcross` of `@kindred/distributed` takes those of all ranks. */
  readonly normalize?: Normalize | undefined;
}

/** Batch normalisation keeps the rank: `[N, C]` or `[N, H, W, C]`. */
export interface BatchNormalization extends Network {
  apply<T extends Tensor>(x: T, mode: Mode): T;
  /** `relu(apply(x) + side)`, in fewer passes over memory where the backend can; `side` is shaped as x, nothing where absent. */
  applyRelu<T extends Tensor>(x: T, mode: Mode, side?: T): T;
}

/**
 * Batch normalisation over all axes but the last.
 *
 *     y = scale · (x − mean) / √(variance + epsilon) + offset
 *
 * `train`: mean and (biased) variance of this batch; the moving ones follow, `moving ← (1 − momentum) · moving +
 * momentum · batch`, with the unbiased variance n/(n−1), as PyTorch does. `eval`: the moving ones, nothing changes.
 * The moving statistics are assigned inside the forward pass; that is safe in `tf.variableGrads`.
 *
 * With `splits` (split or ghost batch norm) each group of rows gives exactly what it would give as a separate batch, as on
 * as many devices that share no statistics. The moving ones follow the mean over the groups of their means and of their
 * unbiased variances, as in MoCo's SplitBatchNorm; the spread of the groups' means is not in that variance. MoCo deals the rows out
 * to the groups in turn, here a group is a run of rows: the same groups for rows in another order.
 *
 * Parameters: `weight` (scale) and `bias` (offset) as `affine` says. Buffers: `running_mean`, `running_var`. All `[C]`.
 *
 * @throws ArgumentError for a setting out of range. When applied: ShapeError for another number of channels, or in
 * `train` for a single value per channel and group, whose variance is not defined, or rows that `splits` does not divide.
 *
 * @example
 * const layer = batchNormalization({ channels: 1, epsilon: 0 });
 * layer.apply(tf.tensor2d([[1], [3]]), 'train').arraySync(); // => [[-1], [1]]
 *
 * @see Ioffe and Szegedy 2015, "Batch Normalization"; Hoffer et al. 2017, "Train longer, generalize better", ghost batch norm; He
 * et al. 2020, MoCo, section 3.3
 */
export function batchNormalization(options: BatchNormalizationOptions): BatchNormalization {
  const { channels, affine = true, momentum = 0.1, epsilon = defaultEpsilon, initialScale = 1, splits = 1, normalize = byOwnRows } = options;
  checkWhole('batchNormalization', { channels, splits }, 1);
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new ArgumentError('batchNormalization.momentum', 'a number of 0..1', momentum, "PyTorch's default is 0.1.");
  }
  if (!(epsilon >= 0)) throw new ArgumentError('batchNormalization.epsilon', 'a number of at least 0', epsilon);
  const filled = (value: number, trainable: boolean): Variable =>
    variableOf(new Float32Array(channels).fill(value), [channels], trainable);
  const weight = affine === false ? undefined : filled(initialScale, true);
  const bias = affine === true ? filled(0, true) : undefined;
  const mean = filled(0, false);
  const variance = filled(1, false);
  const parameters = { ...(weight && { weight }), ...(bias && { bias }) };
  const buffers = { running_mean: mean, running_var: variance };

  const follow = (batch: { readonly mean: Tensor1D; readonly variance: Tensor1D; readonly count: number }): void => {
    const moving = { mean: mean as unknown as Tensor1D, variance: variance as unknown as Tensor1D };
    const after = movingStatistics(moving, batch, { momentum, count: batch.count });
    mean.assign(after.mean);
    variance.assign(after.variance);
  };

  const scaleOf = (): Tensor1D => (weight ?? ones([channels])) as Tensor1D;
  const offsetOf = (): Tensor1D => (bias ?? zeros([channels])) as Tensor1D;

  const evaluate = <T extends Tensor>(x: T): T => normalizeWith(x, mean as unknown as Tensor1D, variance as unknown as Tensor1D, offsetOf(), scaleOf(), epsilon) as T;

  const train = <T extends Tensor>(x: T, activation: BatchNormActivation<T> = {}): T => {
    const result = normalize(x, scaleOf(), offsetOf(), { epsilon, groups: splits, ...activation });
    follow(result);
    return result.y;
  };

  return {
    apply(x, mode) {
      checkInput(x, channels);
      return tidy(() => (mode === 'eval' ? evaluate(x) : train(x)));
    },
    applyRelu(x, mode, side) {
      checkInput(x, channels);
      return tidy(() => {
        if (mode === 'train') return train(x, { relu: true, side });
        const y = evaluate(x);
        return relu(side === undefined ? y : add(y, side));
      });
    },
    parameters: () => parameters,
    buffers: () => buffers,
  };
}

/** Normalises each group of rows as a separate batch. */
const byOwnRows: Normalize = (x, scale, offset, options) => {
  checkGroups(x, scale.size, options.groups);
  return batchNormGroups(x, scale, offset, options);
};

function checkInput(x: Tensor, channels: number): void {
  if ((x.rank !== 2 && x.rank !== 4) || x.shape.at(-1) !== channels) {
    throw new ShapeError(
      'batchNormalization',
      `input is [${x.shape.join(', ')}], expected [N, ${channels}] or [N, H, W, ${channels}].`,
      { expected: `[..., ${channels}]`, received: x.shape },
    );
  }
}

function checkGroups(x: Tensor, channels: number, splits: number): void {
  if (x.shape[0]! % splits !== 0) {
    throw new ShapeError('batchNormalization', `input [${x.shape.join(', ')}] has ${x.shape[0]} rows, expected a multiple of ${splits}, the groups of a batch.`, {
      expected: `a multiple of ${splits} rows`,
      received: x.shape,
      remedy: 'Use a batch size that splits divides, and drop an incomplete last batch.',
    });
  }
  if (x.size <= channels * splits) {
    throw new ShapeError(
      'batchNormalization',
      `input [${x.shape.join(', ')}] has one value a channel${splits > 1 ? ' and group' : ''}, expected two or more in training.`,
      { expected: 'two values a channel', received: x.shape, remedy: "Use a larger batch, or mode 'eval'." },
    );
  }
}
