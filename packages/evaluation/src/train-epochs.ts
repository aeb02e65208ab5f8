/** Training a classifier on views: learning rates, and which epoch did best on samples held out. */
import { ArgumentError, type Dataset, DivergenceError, type Views } from '@kindred/core';
import { stepsPerEpoch, trainingSteps } from '@kindred/datasets';
import { type Schedule, stepDecay, warmupCosine } from '@kindred/optimizers';
import type { Tensor } from '@tensorflow/tfjs-core';
import { turn, type Watched } from './progress.js';
import type { ProbeProtocol } from './protocols.js';

/** The result of an epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** The mean over the epoch's steps, while training; of several layers the least. */
  readonly loss: number;
  /** The linear layer's at the epoch's first step; of several the one that is most accurate on samples held out after the epoch. */
  readonly learningRate: number;
  /** 0..1, on the training samples held out; absent if there are none. */
  readonly heldOutAccuracy?: number;
}

/** What is trained, and how. */
export interface TrainEpochsOptions<Batch, Input extends Tensor> extends Watched {
  readonly where: string;
  readonly dataset: Dataset<Batch>;
  /** One view of each sample. */
  readonly views: Views<Batch, Input>;
  readonly protocol: ProbeProtocol;
  readonly seed: number;
  /** One update at these rates, the protocol's at this step; the input stays the loop's. @returns The loss. */
  step(input: Input, labels: Int32Array, rates: readonly number[]): number;
  /** The accuracy on the samples held out, and which of several rates reached it. */
  measure: (() => Promise<{ readonly accuracy: number; readonly which: number }>) | undefined;
  /** Called if an epoch is better than all before it. */
  keep(): void;
  readonly onEpoch: ((record: EpochRecord) => void) | undefined;
}

/** The course of the training. */
export interface TrainedEpochs {
  readonly epochs: readonly EpochRecord[];
  /** The epoch most accurate on the held-out samples, the first of equally good ones; undefined if none are held out. */
  readonly best: EpochRecord | undefined;
}

/**
 * Trains. Order and views follow from seed, epoch and sample. A last batch that is not full is left out unless it is the only
 * one.
 *
 * @throws ArgumentError for views other than one of each sample. DivergenceError if a loss is not a number.
 */
export async function trainEpochs<Batch, Input extends Tensor>(options: TrainEpochsOptions<Batch, Input>): Promise<TrainedEpochs> {
  const { where, dataset, views, protocol, seed, onProgress, signal, onEpoch } = options;
  checkProtocol(where, protocol);
  if (views.count !== 1) throw new ArgumentError(`${where}.views.count`, '1, one view of each sample', views.count);
  const batchSize = Math.min(protocol.batchSize, dataset.size);
  const perEpoch = stepsPerEpoch(dataset.size, batchSize, true);
  const peaks = ratesOf(protocol).map((rate) => (rate * batchSize) / 256);
  const share = scheduleOf(protocol, perEpoch);
  const ratesAt = (step: number): number[] => peaks.map((peak) => peak * share(step));
  const epochs: EpochRecord[] = [];
  let best: EpochRecord | undefined;
  let total = 0;
  for await (const { views: [input], labels, step, epoch } of trainingSteps({ dataset, views, batchSize, epochs: protocol.epochs, seed })) {
    await turn(signal);
    const loss = options.step(input!, labels!, ratesAt(step));
    if (!Number.isFinite(loss)) {
      throw new DivergenceError(where, `the loss of step ${step + 1} (epoch ${epoch + 1}) is ${loss}.`, "Lower the learning rate: it must fit the scale of the encoder's features.");
    }
    total += loss;
    onProgress?.(step + 1, perEpoch * protocol.epochs);
    if ((step + 1) % perEpoch !== 0) continue;
    const measured = await options.measure?.();
    const learningRate = ratesAt(epoch * perEpoch)[measured?.which ?? 0]!;
    const record = { epoch: epoch + 1, loss: total / perEpoch, learningRate, ...(measured && { heldOutAccuracy: measured.accuracy }) };
    epochs.push(record);
    if (measured !== undefined && measured.accuracy > (best?.heldOutAccuracy ?? -1)) {
      best = record;
      options.keep();
    }
    onEpoch?.(record);
    total = 0;
  }
  return { epochs, best };
}

/** The rates of a protocol, one or several. */
export const ratesOf = ({ learningRate }: ProbeProtocol): readonly number[] => (typeof learningRate === 'number' ? [learningRate] : learningRate);

/** The share of a rate, as a function of the steps done. */
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
