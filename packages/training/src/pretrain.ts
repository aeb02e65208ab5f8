/** The pre-training loop: batches, views, steps, checkpoints. */
import type { Augmentation } from '@kindred/augmentations';
import { ArgumentError, type ImageDataset, requireGradients, StateError, type StepOutputs } from '@kindred/core';
import { batches, stepsPerEpoch } from '@kindred/datasets';
import type { Method } from '@kindred/methods';
import type { Optimizer, Schedule } from '@kindred/optimizers';
import { dispose } from '@tensorflow/tfjs-core';
import { batchViews, pause } from './batch-views.js';
import { type Checkpoint, restoreCheckpoint, takeCheckpoint } from './checkpoint.js';
import { checkChunks } from './chunks.js';
import { prepareMethod } from './prepare.js';
import { projectionSpread } from './projection-spread.js';
import { trainStep } from './train-step.js';

/** What one step is known by afterwards. */
export interface StepRecord {
  /** Steps done, this one included. */
  readonly step: number;
  /** The epoch that the step is in, from 0. */
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Images a second over this step, reading and views included. */
  readonly imagesPerSecond: number;
  /** Share of this step's time spent waiting for images, 0..1. */
  readonly waiting: number;
  /**
   * The method's own numbers, and every so often (`watchEvery`) whether its projections collapse: `projectionDeviation` and
   * `projectionRank`, see `projectionSpread`.
   */
  readonly diagnostics: Readonly<Record<string, number>>;
}

/** What to train, on what, for how long. */
export interface PretrainOptions {
  readonly method: Method;
  readonly dataset: ImageDataset;
  /** One for each view that the method takes. */
  readonly views: readonly Augmentation[];
  readonly optimizer: Optimizer;
  /** From steps done (0 before the first) to the learning rate. */
  readonly schedule: Schedule;
  readonly batchSize: number;
  /**
   * Images that run through the networks at once, a divisor of `batchSize`: a large batch in the memory of a small one, with
   * the large one's loss and gradients, for one more forward pass. Batch norm normalises each chunk by its own statistics.
   * Default: the whole batch.
   */
  readonly chunkSize?: number | undefined;
  /**
   * With `chunkSize`, for losses without negatives in the batch (BYOL, SimSiam, MoCo v2): the mean of the chunks' gradients,
   * without the second pass. A loss that compares rows of the batch is refused at the first step. Default: false.
   */
  readonly accumulate?: boolean | undefined;
  readonly epochs: number;
  /**
   * Steps from one look at the projections' spread to the next, 0 for none; the first step has one. A look takes some 30 ms at
   * D = 256. Default: 10.
   */
  readonly watchEvery?: number | undefined;
  /** Decides order and views. */
  readonly seed: number;
  /** Where to go on; the method's and optimiser's values are replaced. */
  readonly resumeFrom?: Checkpoint;
  /** A checkpoint every so many steps; the last step always has one. Default: one an epoch. */
  readonly checkpointEvery?: number;
  /** Called with each checkpoint; the loop waits. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void> | void;
  /** Called after each step; the loop waits. */
  readonly onStep?: (record: StepRecord) => Promise<void> | void;
  /** Ends the loop after the running step, with a checkpoint; in the pass before the first step (`prepare`) without one. */
  readonly signal?: AbortSignal;
}

/** How a run ended. */
export interface PretrainResult {
  /** Steps done in all, earlier parts of the run included. */
  readonly step: number;
  /** False where `signal` ended it. */
  readonly finished: boolean;
}

/**
 * Pre-trains a method. Everything random follows from `seed`, epoch and sample: a run that is stopped and resumed from a
 * checkpoint ends with the same weights as one that was not. Incomplete batches are dropped. A method that must see the
 * dataset before it can choose (DeepCluster v2) gets the batches of the first epoch once without training.
 *
 * @throws ArgumentError for numbers out of range, or too few images for one batch.
 * @throws StateError where views and method do not fit. @throws DivergenceError where the loss stops being a number.
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainResult> {
  const { method, dataset, optimizer, schedule, batchSize, epochs, seed, signal } = options;
  check(options);
  const perEpoch = stepsPerEpoch(dataset.size, batchSize, true);
  const total = perEpoch * epochs;
  const { checkpointEvery = perEpoch, watchEvery = 10 } = options;

  if (options.resumeFrom) restoreCheckpoint(options.resumeFrom, method, optimizer);
  let step = options.resumeFrom?.step ?? 0;
  if (step > total) {
    throw new ArgumentError('pretrain.resumeFrom', `a checkpoint of at most ${total} steps, all of this run`, step, 'Raise epochs.');
  }

  if (step < total && !(await prepareMethod(options))) return { step, finished: false };
  while (step < total) {
    const epoch = Math.floor(step / perEpoch);
    let started = performance.now();
    for await (const batch of batches(dataset, {
      batchSize,
      seed,
      epoch,
      startStep: step % perEpoch,
      dropLast: true,
      order: 'shuffled',
      prefetch: 2,
    })) {
      const arrived = performance.now();
      const learningRate = schedule(step);
      const seen = batchViews(options, epoch, batch);
      let loss: number;
      let spread = {};
      const watched = watchEvery > 0 && (step === 0 || (step + 1) % watchEvery === 0);
      const observe = ({ projections }: StepOutputs): void => void (spread = projectionSpread(projections[0]!));
      try {
        loss = trainStep({
          method,
          optimizer,
          views: seen,
          sampleIds: batch.sampleIds,
          labels: batch.labels,
          learningRate,
          step,
          chunkSize: options.chunkSize,
          accumulate: options.accumulate,
          ...(watched && { observe }),
          when: `step ${step + 1} (epoch ${epoch + 1})`,
        });
      } finally {
        dispose(seen);
      }
      step++;
      const ended = performance.now();
      await options.onStep?.({
        step,
        epoch,
        loss,
        learningRate,
        imagesPerSecond: batchSize / ((ended - started) / 1000),
        waiting: (arrived - started) / (ended - started),
        diagnostics: { ...method.diagnostics(), ...spread },
      });
      const stopping = signal?.aborted === true;
      if (step % checkpointEvery === 0 || step === total || stopping) {
        await options.onCheckpoint?.(takeCheckpoint(step, method, optimizer));
      }
      if (stopping) return { step, finished: step === total };
      await pause();
      started = performance.now();
    }
  }
  return { step, finished: true };
}

function check({ method, dataset, views, batchSize, chunkSize, accumulate, epochs, checkpointEvery, watchEvery = 0 }: PretrainOptions): void {
  requireGradients('pretrain');
  const whole = { batchSize, epochs, ...(checkpointEvery !== undefined && { checkpointEvery }) };
  for (const [name, value] of Object.entries(whole)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new ArgumentError(`pretrain.${name}`, 'a whole number above 0', value);
  }
  if (!Number.isSafeInteger(watchEvery) || watchEvery < 0) throw new ArgumentError('pretrain.watchEvery', 'a whole number of 0 or more', watchEvery);
  if (batchSize > dataset.size) {
    throw new ArgumentError('pretrain.batchSize', `at most ${dataset.size}, the images of ${dataset.name}`, batchSize);
  }
  checkChunks('pretrain', batchSize, chunkSize, accumulate);
  if (views.length < method.views) {
    throw new StateError('pretrain', `${method.name} takes ${method.views} views, ${views.length} were given.`, 'Give one augmentation a view.');
  }
}
