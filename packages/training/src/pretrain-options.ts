/** The options and results of `pretrain`. */
import type { Communicator, Dataset, Views } from '@kindred/core';
import type { Method } from '@kindred/methods';
import type { Optimizer, Schedule } from '@kindred/optimizers';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Checkpoint } from './checkpoint.js';

/** The report of a finished step. */
export interface StepRecord {
  /** Steps done, this one included. */
  readonly step: number;
  /** The epoch that the step is in, from 0. */
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Samples a second over this step, reading and views included; those of all ranks together. */
  readonly samplesPerSecond: number;
  /** The share of this step's time spent waiting for samples, 0..1. */
  readonly waiting: number;
  /**
   * The method's own numbers, and every so often (`watchEvery`) whether its projections collapse: `projectionDeviation` and
   * `projectionRank`, see `projectionSpread`.
   */
  readonly diagnostics: Readonly<Record<string, number>>;
}

/**
 * What to train, on what, for how long.
 *
 * @typeParam Batch What the dataset reads.
 * @typeParam Input What the encoder takes.
 */
export interface PretrainOptions<Batch, Input extends Tensor = Tensor4D> {
  readonly method: Method<Input>;
  readonly dataset: Dataset<Batch>;
  /** Makes the views of each batch: `imageViews` of `@kindred/augmentations` for images, or your own. */
  readonly views: Views<Batch, Input>;
  readonly optimizer: Optimizer;
  /** The learning rate as a function of the steps done (0 before the first). */
  readonly schedule: Schedule;
  /** The samples of a step, those of all ranks together. */
  readonly batchSize: number;
  /**
   * How many samples run through the networks at once, a divisor of a rank's part of the batch: a large batch in the memory of a small
   * one, with the loss and gradients of the large one, at the cost of one more forward pass. Batch norm normalises each chunk by its own
   * statistics. Default: the whole batch.
   */
  readonly chunkSize?: number | undefined;
  /**
   * With `chunkSize`, for losses without negatives in the batch (BYOL, SimSiam, MoCo v2): the mean of the chunks' gradients,
   * without the second pass. A loss that compares rows of the batch is refused at the first step. Default: false.
   */
  readonly accumulate?: boolean | undefined;
  /**
   * The ranks that train together, all with the same options and weights: each reads its part of every batch. `onStep` is
   * called on each of them, `onCheckpoint` on rank 0 alone; a signal on any rank ends all. Default: this process alone.
   */
  readonly communicator?: Communicator | undefined;
  readonly epochs: number;
  /**
   * Steps from one look at the projections' spread to the next, 0 for none; the first step has one. A look takes about 30 ms at
   * D = 256. Default: 10.
   */
  readonly watchEvery?: number | undefined;
  /** Determines order and views. */
  readonly seed: number;
  /**
   * The checkpoint to continue from; it replaces the values of method and optimiser. With other `epochs` or another `schedule` than the
   * checkpoint's run, order and views stay those of the seed: the run ends like one that used the new `schedule` from
   * this step on and the old one before.
   */
  readonly resumeFrom?: Checkpoint;
  /** How many steps lie between checkpoints; the last step always has one. Default: one checkpoint per epoch. */
  readonly checkpointEvery?: number;
  /** Called with each checkpoint; the loop waits. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void> | void;
  /** Called after each step; the loop waits. On rank 0 the diagnostics include the figures of `watchEvery`. */
  readonly onStep?: (record: StepRecord) => Promise<void> | void;
  /** Ends the loop after the running step, with a checkpoint; in the pass before the first step (`firstPass`) without one. */
  readonly signal?: AbortSignal;
}

/** How a run ended. */
export interface PretrainResult {
  /** Steps done in total, earlier parts of the run included. */
  readonly step: number;
  /** False if `signal` ended it. */
  readonly finished: boolean;
}
