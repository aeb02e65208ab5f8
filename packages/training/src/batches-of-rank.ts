/** A rank's part of a run: the batches that it reads, and what all ranks decide together. */
import { type Communicator, oneRank } from '@kindred/core';
import { type Batch, batches } from '@kindred/datasets';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { PretrainOptions } from './pretrain-options.js';

/** The ranks of a run. */
export const ranksOf = <Data, Input extends Tensor>({ communicator = oneRank() }: PretrainOptions<Data, Input>): Communicator => communicator;

/** This rank's rows of the batches of an epoch, incomplete batches left out. */
export function batchesOfRank<Data, Input extends Tensor>(options: PretrainOptions<Data, Input>, epoch: number, startStep = 0): AsyncIterable<Batch<Data>> {
  const { dataset, batchSize, seed } = options;
  const { rank, size } = ranksOf(options);
  return batches(dataset, { batchSize, seed, epoch, startStep, part: { index: rank, of: size }, dropLast: true, order: 'shuffled', prefetch: 2 });
}

/** Whether a rank was told to stop. All ranks ask, and get the same answer. */
export function stopping<Data, Input extends Tensor>(options: PretrainOptions<Data, Input>): boolean {
  const aborted = options.signal?.aborted === true;
  return ranksOf(options).allReduce(Int32Array.of(aborted ? 1 : 0), 'max')[0] === 1;
}
