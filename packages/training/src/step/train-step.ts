/** One training step: embed, exchange, loss, backward, check, update. */
import { type Communicator, flattenParameters, KindredError, oneRank, StateError, type StepOutputs } from '@kindred/core';
import type { Method } from '@kindred/methods';
import type { Optimizer } from '@kindred/optimizers';
import { dispose, memory, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkFinite, divergence } from './check.js';
import { checkChunks } from './chunks.js';
import { sumOverRanks } from './exchange.js';
import { stepGradients } from './gradients.js';
import { movingStatistics } from './moving-statistics.js';
import { update } from './update.js';
import type { StepProgress, StepWork } from './work.js';

/** How a step runs; the values that it trains on do not matter here. */
export interface StepSettings {
  /**
   * How many samples run through the networks at once, a divisor of N: less memory, the same gradients, one more forward pass.
   * Batch norm normalises each chunk by its own statistics. Default: all.
   */
  readonly chunkSize?: number | undefined;
  /**
   * With `chunkSize`, for losses without negatives in the batch (BYOL, SimSiam, MoCo v2): the mean of the chunks' gradients,
   * without the second pass. A loss that compares rows of the batch is refused. Default: false.
   */
  readonly accumulate?: boolean | undefined;
  /**
   * The ranks that share the batch: each has its own N rows, and the loss is that of all of them together. Every rank ends with
   * the same weights. Default: this process alone.
   */
  readonly communicator?: Communicator | undefined;
}

/** What one step works on. */
export interface TrainStepInput<Input extends Tensor = Tensor4D> extends StepSettings {
  readonly method: Method<Input>;
  readonly optimizer: Optimizer;
  /** N rows for each view that the method takes. They stay the caller's. */
  readonly views: readonly Input[];
  /** `[N]`, the samples' numbers in their dataset. */
  readonly sampleIds: Int32Array;
  /** `[N]`, the samples' classes, if known. */
  readonly labels?: Int32Array | undefined;
  readonly learningRate: number;
  /** Steps done before this one. Default: 0. */
  readonly step?: number;
  /** Named in errors: `step 12 (epoch 1)`. */
  readonly when?: string;
  /** Called after the step with the networks' outputs for the whole batch. The tensors are freed when it returns. */
  readonly observe?: ((outputs: StepOutputs) => void) | undefined;
}

/**
 * Trains one step and returns its loss. Nothing changes (no weight, moving statistic, moment or queue) before the loss and every
 * gradient has been found finite. If the step fails before that, it leaves everything as it was.
 *
 * In chunks and on many ranks it is the same step with other settings: the gradients are those of the whole batch's loss.
 *
 * @throws DivergenceError if the loss or a gradient is not finite; it says which tensor is the first.
 * @throws StateError if a parameter gets no gradient, or the step left tensors behind; in chunks also if the networks
 * draw at random, or accumulating would train another loss.
 * @throws ArgumentError for a `chunkSize` that does not divide N, or `accumulate` without it.
 */
export function trainStep<Input extends Tensor = Tensor4D>(input: TrainStepInput<Input>): number {
  const { method, optimizer, learningRate, when = 'this step' } = input;
  const before = memory().numTensors;
  const work = resolve(input, when);
  const { communicator } = work;
  const progress: StepProgress = { loss: NaN, made: [] };
  const statistics = movingStatistics(method);
  try {
    const { loss, gradients: own } = stepGradients(work, progress, statistics);
    const gradients = sumOverRanks(communicator, complete(work, loss, own, progress.outputs!));
    progress.made.push(...gradients);
    progress.loss = checkFinite(work, loss, gradients, progress.outputs!);
    update(work, optimizer, gradients, learningRate, statistics, progress.outputs!);
    input.observe?.(progress.outputs!);
  } catch (error) {
    const { outputs, loss } = progress;
    // a part may have met a NaN before the loss did: still report where it first appeared
    if (outputs !== undefined && KindredError.is(error) && error.name === 'DivergenceError' && error.where !== when) {
      throw divergence(work, loss, outputs, undefined, error);
    }
    throw error;
  } finally {
    statistics.end();
    dispose(progress.made);
  }
  const left = memory().numTensors - before;
  if (left > 0) {
    throw new StateError(method.name, `${when} left ${left} tensors behind.`, 'Wrap what the method computes in tf.tidy, and dispose what it replaces.');
  }
  return progress.loss;
}

function resolve<Input extends Tensor>(input: TrainStepInput<Input>, when: string): StepWork<Input> {
  const { method, views, sampleIds, labels, step = 0, chunkSize = sampleIds.length, accumulate = false, communicator = oneRank() } = input;
  checkChunks('trainStep', sampleIds.length, input.chunkSize, accumulate);
  const parameters = flattenParameters(method.parameters());
  const chunks = sampleIds.length / chunkSize;
  return {
    method,
    views,
    sampleIds,
    labels,
    step,
    names: Object.keys(parameters),
    variables: Object.values(parameters),
    chunkSize,
    chunks,
    accumulated: accumulate && chunks * communicator.size > 1,
    communicator,
    when,
  };
}

/** One gradient for each parameter. @throws StateError if the loss is a number and does not depend on one */
function complete<Input extends Tensor>(
  work: StepWork<Input>,
  loss: Tensor,
  gradients: readonly (Tensor | undefined)[],
  outputs: StepOutputs,
): readonly Tensor[] {
  const { method, names } = work;
  const without = names.filter((_, i) => gradients[i] === undefined);
  if (without.length > 0) {
    const value = loss.dataSync()[0]!;
    if (!Number.isFinite(value)) throw divergence(work, value, outputs);
    const some = `${without.slice(0, 3).join(', ')}${without.length > 3 ? ', ...' : ''}`;
    throw new StateError(`${method.name}.loss`, `does not depend on ${some}.`, 'Leave unused parts out of the method.');
  }
  return gradients as readonly Tensor[];
}
