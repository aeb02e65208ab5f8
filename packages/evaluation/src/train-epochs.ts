/** The loop that trains a classifier on augmented images: epochs, learning rates, and which epoch did best on images set aside. */
import { type Augmentation, imageViews } from '@kindred/augmentations';
import { ArgumentError, DivergenceError, type ImageDataset } from '@kindred/core';
import { batches, stepsPerEpoch } from '@kindred/datasets';
import { type Schedule, stepDecay, warmupCosine } from '@kindred/optimizers';
import { dispose, type Tensor4D } from '@tensorflow/tfjs-core';
import { turn, type Watched } from './progress.js';
import type { ProbeProtocol } from './protocols.js';

/** What an epoch came to. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch's steps, while training; of several layers the least. */
  readonly loss: number;
  /** Of the epoch's first step and the linear layer; of several the one most accurate after the epoch on images set aside. */
  readonly learningRate: number;
  /** 0..1, on the part of the training images set aside; absent where there is none. */
  readonly heldOutAccuracy?: number;
}

/** What is trained, and how. */
export interface TrainEpochsOptions extends Watched {
  readonly where: string;
  readonly dataset: ImageDataset;
  readonly view: Augmentation;
  readonly protocol: ProbeProtocol;
  readonly seed: number;
  /** One update at these rates, those of the protocol as they are now; the images are the loop's. @returns The loss. */
  step(images: Tensor4D, labels: Int32Array, rates: readonly number[]): number;
  /** The accuracy on the images set aside, and whose it is of several rates. */
  measure: (() => Promise<{ readonly accuracy: number; readonly which: number }>) | undefined;
  /** Called where an epoch did better than those before it. */
  keep(): void;
  readonly onEpoch: ((record: EpochRecord) => void) | undefined;
}

/** How it went. */
export interface TrainedEpochs {
  readonly epochs: readonly EpochRecord[];
  /** The epoch that did best on the images set aside, the first of equals; undefined where there are none. */
  readonly best: EpochRecord | undefined;
}

/**
 * Trains. Order and views follow from seed, epoch and sample. A last batch that is not full is left out, save where it is
 * the only one.
 *
 * @throws DivergenceError where a loss is not a number.
 */
export async function trainEpochs(options: TrainEpochsOptions): Promise<TrainedEpochs> {
  const { where, dataset, view, protocol, seed, onProgress, signal, onEpoch } = options;
  checkProtocol(where, protocol);
  const views = imageViews([view]);
  const batchSize = Math.min(protocol.batchSize, dataset.size);
  const perEpoch = stepsPerEpoch(dataset.size, batchSize, true);
  const peaks = ratesOf(protocol).map((rate) => (rate * batchSize) / 256);
  const share = scheduleOf(protocol, perEpoch);
  const ratesAt = (step: number): number[] => peaks.map((peak) => peak * share(step));
  const epochs: EpochRecord[] = [];
  let best: EpochRecord | undefined;
  for (let epoch = 0; epoch < protocol.epochs; epoch++) {
    let total = 0;
    for await (const batch of batches(dataset, { batchSize, seed, epoch, dropLast: true, order: 'shuffled' })) {
      await turn(signal);
      const step = epoch * perEpoch + batch.step;
      const [images] = views.make(batch.samples, { seed, epoch, sampleIds: batch.sampleIds }) as [Tensor4D];
      try {
        const loss = options.step(images, batch.labels!, ratesAt(step));
        if (!Number.isFinite(loss)) {
          throw new DivergenceError(where, `the loss of step ${step + 1} (epoch ${epoch + 1}) is ${loss}.`, "Lower the learning rate: it must fit the scale of the encoder's features.");
        }
        total += loss;
      } finally {
        dispose(images);
      }
      onProgress?.(step + 1, perEpoch * protocol.epochs);
    }
    const measured = await options.measure?.();
    const learningRate = ratesAt(epoch * perEpoch)[measured?.which ?? 0]!;
    const record = { epoch: epoch + 1, loss: total / perEpoch, learningRate, ...(measured && { heldOutAccuracy: measured.accuracy }) };
    epochs.push(record);
    if (measured !== undefined && measured.accuracy > (best?.heldOutAccuracy ?? -1)) {
      best = record;
      options.keep();
    }
    onEpoch?.(record);
  }
  return { epochs, best };
}

/** The rates of a protocol, one or several. */
export const ratesOf = ({ learningRate }: ProbeProtocol): readonly number[] => (typeof learningRate === 'number' ? [learningRate] : learningRate);

/** From steps done to the share of a rate. */
function scheduleOf({ schedule, epochs }: ProbeProtocol, perEpoch: number): Schedule {
  if (schedule.name === 'steps') {
    return stepDecay({ initial: 1, milestones: schedule.epochs.map((epoch) => epoch * perEpoch), factor: schedule.factor });
  }
  if (schedule.every === 'step') return warmupCosine({ peak: 1, warmupSteps: 0, totalSteps: epochs * perEpoch });
  const ofEpoch = warmupCosine({ peak: 1, warmupSteps: 0, totalSteps: epochs });
  return (step) => ofEpoch(Math.floor(step / perEpoch));
}

function checkProtocol(where: string, protocol: ProbeProtocol): void {
  const { epochs, batchSize, learningRate } = protocol;
  for (const [name, value] of Object.entries({ epochs, batchSize })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) throw new ArgumentError(`${where}.protocol.${name}`, 'a whole number above 0', value);
  }
  const rates = ratesOf(protocol);
  if (rates.length === 0 || !rates.every((rate) => rate > 0 && Number.isFinite(rate))) {
    throw new ArgumentError(`${where}.protocol.learningRate`, 'a number above 0, or several', learningRate);
  }
}
