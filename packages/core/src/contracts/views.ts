/** How the samples of a batch become the inputs of a training step. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/** Identifies the random draws of a batch, so that any process can make the same views again, in any order. */
export interface ViewContext {
  /** The run's seed. */
  readonly seed: number;
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The samples' numbers in their dataset, in the order of the batch. */
  readonly sampleIds: Int32Array;
}

/**
 * Makes the views of a batch: crops of images, rows of a table with some features corrupted, ...
 *
 * @typeParam Batch What the dataset reads.
 * @typeParam Input What the encoder takes; row i of every view is sample i.
 */
export interface Views<Batch, Input extends Tensor = Tensor4D> {
  /** How many views of each sample are made. */
  readonly count: number;
  /** The views of a batch, N rows each. They are the caller's. Draw from `random(seed)`, forked by epoch and sample id. */
  make(batch: Batch, context: ViewContext): Input[];
}
