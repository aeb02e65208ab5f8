/** Probes that train: a linear layer on the frozen encoder by SGD, and the encoder itself on a share of the labels. */
import { imageViews, viewPipeline, type ViewSettings } from '@kindred/augmentations';
import type { Encoder, ImageDataset } from '@kindred/core';
import {
  fineTune,
  fineTuneProtocols,
  type JudgedEpoch,
  linearProbeSgd,
  type ProbeProtocol,
  probeProtocols,
  type TrainedClassifierResult,
} from '@kindred/evaluation';
import type { EvaluationSettings } from '../settings/evaluation-settings.js';
import { type PretrainSettings, viewsOf } from '../settings/pretrain-settings.js';
import type { EvaluationData } from './evaluate-data.js';
import { encoderInputOf, inputFor } from '../run/encoder-input.js';

/** An epoch, judged on the test images. */
export interface EpochFigures {
  readonly epoch: number;
  /** The rate of the linear layer, at 256 images per step; of several the one chosen on the images set aside. */
  readonly learningRate: number;
  /** 0..1, on the test images. */
  readonly accuracy: number;
  /** 0..1, on the training images set aside; absent if there are none. */
  readonly heldOutAccuracy?: number;
}

/** What a trained classifier reached. */
export interface TrainedFigures {
  /** The protocol's name; numbers that replace its own are in the settings. */
  readonly protocol: string;
  /** Labelled training images that were used, those set aside included. */
  readonly labels: number;
  readonly last: EpochFigures;
  /** The epoch most accurate on the training images set aside; absent if there are none. */
  readonly best?: EpochFigures;
}

/** What fine-tuning reached with a share of the labels. */
export interface FineTuneFigures extends TrainedFigures {
  readonly fraction: number;
}

/** The progress of training, as a fraction of its steps. */
export type OnShare = (done: number, total: number) => void;

/** A linear layer on the frozen encoder. */
export async function sgdFigures(
  encoder: Encoder,
  data: EvaluationData,
  trained: PretrainSettings,
  { sgd: { protocol: name, heldOut, ...changes }, seed }: EvaluationSettings,
  onProgress: OnShare,
): Promise<TrainedFigures> {
  const protocol = { ...probeProtocols[name], ...defined(changes) };
  const result = await linearProbeSgd({ encoder, ...data, protocol, heldOut, seed, onProgress, ...imagesFor(trained, protocol, data.train) });
  return { protocol: name, ...figures(result) };
}

/** Encoder and linear layer on each share of the labels; the encoder is as before afterwards. */
export async function fineTuneFigures(
  encoder: Encoder,
  data: EvaluationData,
  trained: PretrainSettings,
  { fraction, protocol: name, heldOut, ...changes }: EvaluationSettings['fineTune'][number],
  seed: number,
  onProgress: OnShare,
): Promise<FineTuneFigures> {
  const protocol = { ...fineTuneProtocols[name], ...defined(changes) };
  const result = await fineTune({ encoder, ...data, labels: fraction, protocol, heldOut, seed, onProgress, ...imagesFor(trained, protocol, data.train) });
  return { fraction, protocol: name, ...figures(result) };
}

function figures({ labels, last, best }: TrainedClassifierResult): Omit<TrainedFigures, 'protocol'> {
  const told = ({ epoch, learningRate, accuracy, heldOutAccuracy }: JudgedEpoch): EpochFigures => ({
    epoch,
    learningRate,
    accuracy,
    ...(heldOutAccuracy !== undefined && { heldOutAccuracy }),
  });
  return { labels, last: told(last), ...(best && { best: told(best) }) };
}

/** The protocol's crops and flips with the normalisation that the encoder was trained with, and that alone elsewhere. */
function imagesFor(
  trained: PretrainSettings,
  { view }: ProbeProtocol,
  images: ImageDataset,
): { views: ReturnType<typeof imageViews> } & ReturnType<typeof inputFor> {
  const normalize = viewsOf(trained.views)[0]?.normalize;
  const settings: ViewSettings = { ...view, ...(normalize && { normalize }) };
  const input = encoderInputOf(trained, images);
  return { views: imageViews([viewPipeline(settings, { output: input.size, channels: input.channels })]), ...inputFor(input, images) };
}

/** Settings without those that are undefined. */
function defined<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never;
}
