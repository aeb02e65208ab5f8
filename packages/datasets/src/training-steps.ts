/** The loop beneath every training: epochs of batches, each with its views. */
import { checkWhole, type Dataset, type Views } from '@kindred/core';
import { dispose, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { type BatchOptions, batches, stepsPerEpoch } from './batches.js';

/** What one step trains on. */
export interface TrainingStep<Input extends Tensor = Tensor4D> {
  /** N rows each; freed when the next step is asked for, or the loop is left. */
  readonly views: readonly Input[];
  /** `[N]`, the samples' numbers in the dataset. */
  readonly sampleIds: Int32Array;
  /** `[N]`, their classes, −1 if unknown; absent if the dataset has none. */
  readonly labels?: Int32Array;
  /** Steps before this one, over all epochs. */
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
  /** When the step was asked for, in milliseconds of `performance.now()`. */
  readonly asked: number;
  /** When its samples were there, before views were made of them. */
  readonly arrived: number;
}

/** What is trained on, and in which order. */
export interface TrainingStepsOptions<Batch, Input extends Tensor = Tensor4D> {
  readonly dataset: Dataset<Batch>;
  readonly views: Views<Batch, Input>;
  /** N, the samples of a step, of all parts together. */
  readonly batchSize: number;
  readonly epochs: number;
  /** Determines the order of the samples, and their views. */
  readonly seed: number;
  /** Steps that are done already: the loop goes on after them. Default: 0. */
  readonly startStep?: number;
  /** See `BatchOptions.part`. */
  readonly part?: BatchOptions['part'];
}

/**
 * The steps of a training. Order and views follow from seed, epoch and sample, so that a loop which starts at step k sees what a
 * whole one sees from there on. Batches that are not full are left out. Samples of the next two steps are read meanwhile.
 *
 * @throws ArgumentError for numbers out of range, or fewer samples than a batch; DataError for a sample that cannot be read.
 *
 * @example
 * const dataset = inMemoryDataset({ name: 'four', images: Uint8Array.of(0, 10, 20, 30), imageShape: [1, 1, 1] });
 * const views = imageViews([viewPipeline({}, { output: [1, 1], channels: 1 })]);
 * const seen: number[] = [];
 * for await (const { step } of trainingSteps({ dataset, views, batchSize: 2, epochs: 2, seed: 1, startStep: 1 })) seen.push(step);
 * seen; // => [1, 2, 3]
 */
export async function* trainingSteps<Batch, Input extends Tensor = Tensor4D>(options: TrainingStepsOptions<Batch, Input>): AsyncGenerator<TrainingStep<Input>, void, undefined> {
  const { dataset, views, batchSize, epochs, seed, startStep = 0, part } = options;
  checkWhole('trainingSteps', { epochs }, 1);
  checkWhole('trainingSteps', { startStep }, 0);
  const perEpoch = stepsPerEpoch(dataset.size, batchSize, true);
  for (let epoch = Math.floor(startStep / perEpoch); epoch < epochs; epoch++) {
    const first = Math.max(0, startStep - epoch * perEpoch);
    let asked = now();
    for await (const batch of batches(dataset, { batchSize, seed, epoch, startStep: first, part, dropLast: true, order: 'shuffled' })) {
      const arrived = now();
      const { sampleIds, labels } = batch;
      const made = views.make(batch.samples, { seed, epoch, sampleIds });
      try {
        yield { views: made, sampleIds, ...(labels && { labels }), step: epoch * perEpoch + batch.step, epoch, asked, arrived };
      } finally {
        dispose(made);
      }
      asked = now();
    }
  }
}

/** Node and every browser have it, the language's own library does not. */
const { performance } = globalThis as unknown as { readonly performance: { now(): number } };
const now = (): number => performance.now();
