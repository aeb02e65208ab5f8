/** What probes that train a classifier on images share: their options, and what they tell. */
import type { Augmentation } from '@kindred/augmentations';
import type { ImageDataset } from '@kindred/core';
import type { EmbedOptions } from './embed.js';
import type { Watched } from './progress.js';
import type { ProbeProtocol } from './protocols.js';
import type { EpochRecord } from './train-epochs.js';

/** What training a classifier takes, on a frozen encoder or with it. */
export interface TrainedClassifierOptions<Protocol extends ProbeProtocol> extends Watched {
  /** Labelled images. Those of class −1 are passed over. */
  readonly train: ImageDataset;
  readonly test: ImageDataset;
  readonly protocol: Protocol;
  /** Crop and flip, and what the encoder wants: `viewPipeline({ ...protocol.view, normalize }, ...)` of augmentations. */
  readonly view: Augmentation;
  /** What the encoder expects of images that are not trained on: see `embed`. */
  readonly toInput?: EmbedOptions['toInput'];
  /**
   * The share of the labelled images held out to choose the epoch by, class-balanced; 0 for none: then there is no best epoch. With one
   * image of each class none can be held out either.
   */
  readonly heldOut: number;
  /** Decides the part set aside, the first weights, the order and the views. */
  readonly seed: number;
  /** How many classes the dataset has: a label beyond is refused. Default: any numbers will do. */
  readonly classes?: number | undefined;
  /** Images a pass where nothing is trained. Default: 250. */
  readonly passSize?: number;
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** A trained classifier, judged once. */
export interface JudgedEpoch {
  /** From 1. */
  readonly epoch: number;
  /** The protocol's, or the chosen one of several, at 256 images a step. */
  readonly learningRate: number;
  /** The share of `test` whose predicted class is right, 0..1. */
  readonly accuracy: number;
  /** 0..1, on the images set aside; absent where there are none. */
  readonly heldOutAccuracy?: number;
  /** The predicted class of each image of `test`. */
  readonly predictions: Int32Array;
}

export interface TrainedClassifierResult {
  /** After all epochs: what a paper without a choice of epoch reports. */
  readonly last: JudgedEpoch;
  /** The epoch most accurate on the images set aside, the first of equals; absent where there are none. */
  readonly best?: JudgedEpoch;
  readonly epochs: readonly EpochRecord[];
  /** How many labelled images were used, those held out included. */
  readonly labels: number;
  /** How many of them were held out. 0: the epoch was not chosen, and of several learning rates the lowest counts. */
  readonly heldOut: number;
}
