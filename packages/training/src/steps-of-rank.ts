/** A rank's part of a run: the steps that it sees, and what all ranks decide together. */
import { type Communicator, oneRank } from '@kindred/core';
import { type TrainingStep, trainingSteps } from '@kindred/datasets';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { PretrainOptions } from './pretrain-options.js';

/** The ranks of a run. */
export const ranksOf = <Data, Input extends Tensor>({ communicator = oneRank() }: PretrainOptions<Data, Input>): Communicator => communicator;

/** What this rank sees of the steps from `startStep` on: its rows of each batch. */
export function stepsOfRank<Data, Input extends Tensor>(options: PretrainOptions<Data, Input>, startStep: number, epochs: number): AsyncIterable<TrainingStep<Input>> {
  const { dataset, views, batchSize, seed } = options;
  const { rank, size } = ranksOf(options);
  return trainingSteps({ dataset, views, batchSize, epochs, seed, startStep, part: { index: rank, of: size } });
}

/** Whether any rank received a signal to stop. All ranks call this and get the same answer. */
export function stopping<Data, Input extends Tensor>(options: PretrainOptions<Data, Input>): boolean {
  const aborted = options.signal?.aborted === true;
  return ranksOf(options).allReduce(Int32Array.of(aborted ? 1 : 0), 'max')[0] === 1;
}
