/** The pre-training loop: batches, views, steps, checkpoints. */
import { ArgumentError, checkWhole, requireGradients, StateError, type StepOutputs } from '@kindred/core';
import { stepsPerEpoch } from '@kindred/datasets';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { restoreCheckpoint, takeCheckpoint } from './checkpoint.js';
import { firstPass } from './first-pass.js';
import { pause } from './pause.js';
import type { PretrainOptions, PretrainResult } from './pretrain-options.js';
import { projectionSpread } from './projection-spread.js';
import { checkSameStart } from './same-start.js';
import { checkChunks } from './step/chunks.js';
import { trainStep } from './step/train-step.js';
import { ranksOf, stepsOfRank, stopping } from './steps-of-rank.js';

/**
 * Pre-trains a method. Everything random follows from `seed`, epoch and sample: a run that is stopped and resumed from a
 * checkpoint ends with the same weights as one that was not. Incomplete batches are dropped. A method that must see the
 * dataset before it can choose (DeepCluster v2) gets the batches of the first epoch once without training.
 *
 * @throws ArgumentError for numbers out of range, or too few samples for one batch.
 * @throws StateError if views and method do not fit, or ranks begin with other weights or options.
 * @throws DivergenceError if the loss or a gradient stops being finite, before it changes anything.
 */
export async function pretrain<Batch, Input extends Tensor = Tensor4D>(options: PretrainOptions<Batch, Input>): Promise<PretrainResult> {
  const { method, dataset, optimizer, schedule, batchSize, epochs, seed } = options;
  check(options);
  const perEpoch = stepsPerEpoch(dataset.size, batchSize, true);
  const total = perEpoch * epochs;
  const { checkpointEvery = perEpoch, watchEvery = 10 } = options;
  const communicator = ranksOf(options);
  const first = communicator.rank === 0;

  if (options.resumeFrom) restoreCheckpoint(options.resumeFrom, method, optimizer);
  let step = options.resumeFrom?.step ?? 0;
  if (step > total) {
    throw new ArgumentError('pretrain.resumeFrom', `a checkpoint of at most ${total} steps, all of this run`, step, 'Raise epochs.');
  }
  checkSameStart(communicator, { seed, batchSize, epochs, step, chunkSize: options.chunkSize ?? 0, data: dataset.fingerprint }, method, optimizer);

  if (step < total && !(await firstPass(options))) return { step, finished: false };
  for await (const { views, sampleIds, labels, epoch, asked, arrived } of stepsOfRank(options, step, epochs)) {
    const learningRate = schedule(step);
    let spread = {};
    const watched = first && watchEvery > 0 && (step === 0 || (step + 1) % watchEvery === 0);
    const observe = ({ projections }: StepOutputs): void => void (spread = projectionSpread(projections[0]!));
    const loss = trainStep({
      method,
      optimizer,
      views,
      sampleIds,
      labels,
      learningRate,
      step,
      chunkSize: options.chunkSize,
      accumulate: options.accumulate,
      communicator,
      ...(watched && { observe }),
      when: `step ${step + 1} (epoch ${epoch + 1})`,
    });
    step++;
    const ended = performance.now();
    await options.onStep?.({
      step,
      epoch,
      loss,
      learningRate,
      samplesPerSecond: batchSize / ((ended - asked) / 1000),
      waiting: (arrived - asked) / (ended - asked),
      diagnostics: { ...method.diagnostics(), ...spread },
    });
    const stop = stopping(options);
    if (first && options.onCheckpoint !== undefined && (step % checkpointEvery === 0 || step === total || stop)) {
      await options.onCheckpoint(takeCheckpoint(step, method, optimizer));
    }
    if (stop) return { step, finished: step === total };
    await pause();
  }
  return { step, finished: true };
}

function check<Batch, Input extends Tensor>(options: PretrainOptions<Batch, Input>): void {
  const { method, dataset, views, batchSize, chunkSize, accumulate, epochs, checkpointEvery, watchEvery = 0 } = options;
  const { size } = ranksOf(options);
  requireGradients('pretrain');
  checkWhole('pretrain', { batchSize, epochs, ...(checkpointEvery !== undefined && { checkpointEvery }) }, 1);
  checkWhole('pretrain.watchEvery', watchEvery, 0);
  if (batchSize > dataset.size) {
    throw new ArgumentError('pretrain.batchSize', `at most ${dataset.size}, the samples of ${dataset.name}`, batchSize);
  }
  if (batchSize % size !== 0) throw new ArgumentError('pretrain.batchSize', `a multiple of ${size}, the ranks`, batchSize);
  checkChunks('pretrain', batchSize / size, chunkSize, accumulate);
  if (views.count < method.views) {
    throw new StateError('pretrain', `${method.name} takes ${method.views} views, ${views.count} are made.`, 'Make one more, for instance by one more augmentation.');
  }
}
