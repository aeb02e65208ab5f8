/** What probes that train a classifier share: their options and their results. */
import type { Dataset, ImageBatch, Views } from '@kindred/core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { EmbedOptions } from './embed.js';
import type { Watched } from './progress.js';
import type { ProbeProtocol } from './protocols.js';
import type { EpochRecord } from './train-epochs.js';

/**
 * Options for training a classifier, on a frozen encoder or together with it.
 *
 * @typeParam Batch What the datasets read.
 * @typeParam Input What the encoder takes.
 */
export interface TrainedClassifierOptions<Protocol extends ProbeProtocol, Batch = ImageBatch, Input extends Tensor = Tensor4D> extends Watched {
  /** Labelled samples. Those of class −1 are left out. */
  readonly train: Dataset<Batch>;
  /** Samples on which the classifier is tested. */
  readonly test: Dataset<Batch>;
  readonly protocol: Protocol;
  /**
   * One view of each training sample, drawn again in each epoch. For images: the protocol's crop and flip, and what the encoder expects:
   * `imageViews([viewPipeline({ ...protocol.view, normalize }, ...)])` of augmentations.
   */
  readonly views: Views<Batch, Input>;
  /** Converts samples that are not trained on to what the encoder expects: see `embed`. */
  readonly toInput?: EmbedOptions<Batch, Input>['toInput'];
  /**
   * The share of the labelled samples held out to choose the epoch by, class-balanced; 0 for none: then there is no best epoch. With
   * one sample of each class none can be held out either.
   */
  readonly heldOut: number;
  /** Determines the part held out, the first weights, the order and the views. */
  readonly seed: number;
  /** How many classes the dataset has: a label beyond is refused. Default: any numbers will do. */
  readonly classes?: number | undefined;
  /** Samples per pass when nothing is trained. Default: 250. */
  readonly passSize?: number;
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** A trained classifier, tested once. */
export interface JudgedEpoch {
  /** From 1. */
  readonly epoch: number;
  /** The protocol's, or the chosen one of several, at 256 samples per step. */
  readonly learningRate: number;
  /** The share of `test` whose predicted class is right, 0..1. */
  readonly accuracy: number;
  /** 0..1, on the samples held out; absent if there are none. */
  readonly heldOutAccuracy?: number;
  /** The predicted class of each sample of `test`. */
  readonly predictions: Int32Array;
}

export interface TrainedClassifierResult {
  /** After all epochs: what a paper without a choice of epoch reports. */
  readonly last: JudgedEpoch;
  /** The epoch most accurate on the samples held out, the first of equals; absent if there are none. */
  readonly best?: JudgedEpoch;
  readonly epochs: readonly EpochRecord[];
  /** How many labelled samples were used, including those held out. */
  readonly labels: number;
  /** How many of them were held out. 0: the epoch was not chosen, and of several learning rates the lowest counts. */
  readonly heldOut: number;
}
