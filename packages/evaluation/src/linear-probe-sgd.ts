/** The linear probe as papers train it: by SGD, on augmented images through a frozen encoder. */
import type { Augmentation } from '@kindred/augmentations';
import { type Encoder, type ImageDataset, type NamedTensors, random } from '@kindred/core';
import { sgd } from '@kindred/optimizers';
import { dispose, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { classifierLayer, layerGradients } from './classifier-layer.js';
import { embed, type EmbedOptions } from './embed.js';
import { labelledImages } from './labelled-images.js';
import { agreement } from './probe-fit.js';
import type { Watched } from './progress.js';
import type { ProbeProtocol } from './protocols.js';
import { type EpochRecord, trainEpochs } from './train-epochs.js';

/** What training a classifier takes, on a frozen encoder or with it. */
export interface TrainedClassifierOptions<Protocol extends ProbeProtocol> extends Watched {
  /** Labelled images. Those of class −1 are passed over. */
  readonly train: ImageDataset;
  readonly test: ImageDataset;
  readonly protocol: Protocol;
  /** Crop and flip, and what the encoder wants: `viewPipeline({ ...protocol.view, normalize }, ...)` of augmentations. */
  readonly view: Augmentation;
  /** What the encoder wants of images that are not trained on: normalising, a centre crop. */
  readonly prepare?: EmbedOptions['prepare'];
  /** The share of the labelled images set aside to choose the epoch by, class-balanced; 0 for none: then there is no best epoch. */
  readonly heldOut: number;
  /** Decides the part set aside, the first weights, the order and the views. */
  readonly seed: number;
  /** How many classes the dataset has. Default: one more than the largest label in use. */
  readonly classes?: number | undefined;
  /** Images a pass where nothing is trained. Default: 250. */
  readonly passSize?: number;
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** A trained classifier, judged once. */
export interface JudgedEpoch {
  /** From 1. */
  readonly epoch: number;
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
  /** How many labelled images were used, those set aside included. */
  readonly labels: number;
}

export interface LinearProbeSgdOptions extends TrainedClassifierOptions<ProbeProtocol> {
  readonly encoder: Pick<Encoder, 'apply' | 'dimension'>;
}

/**
 * Trains one linear layer by SGD on a frozen encoder: evaluation mode, moving statistics, no gradient through it; each epoch sees
 * new views. Unlike `linearProbe`, which embeds once, this embeds the training images every epoch.
 *
 * The last epoch and the best are told apart, and the best is chosen on a part of `train` that was not trained on; `test` is
 * looked at once, after all training. What papers call best is mostly the best on the images that they report, which is
 * higher.
 *
 * A batch as large as the part that is trained on has that part's size, and the learning rate is that of this size.
 *
 * @throws ArgumentError for settings out of range, labels that are missing or of one class. DivergenceError.
 *
 * @example
 * const images = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i % 2) * 255);
 * const dataset = inMemoryDataset({ name: 'two', images: images(40), labels: Int32Array.from({ length: 40 }, (_, i) => i % 2), imageShape: [1, 1, 1] });
 * const encoder = { dimension: 1, apply: (x: tf.Tensor4D) => tf.reshape(x, [-1, 1]) as tf.Tensor2D };
 * const view = viewPipeline({}, { output: [1, 1], channels: 1 });
 * const protocol = { ...probeProtocols.simclrCifar, batchSize: 8, learningRate: 30, epochs: 5 };
 * const { last } = await linearProbeSgd({ encoder, train: dataset, test: dataset, view, protocol, heldOut: 0.1, seed: 1 });
 * last.accuracy; // => 1
 *
 * @see Chen et al. 2020, SimCLR, appendix B.6; He et al. 2020, MoCo, section 4.1
 */
export async function linearProbeSgd(options: LinearProbeSgdOptions): Promise<TrainedClassifierResult> {
  const { encoder, train, test, protocol, view, prepare, seed, passSize = 250, signal } = options;
  const where = 'linearProbeSgd';
  const { kept, held, sampleIds, classes } = labelledImages(where, { train, test, labels: 1, heldOut: options.heldOut, seed, classes: options.classes });
  const { dimension } = encoder;
  const through = (dataset: ImageDataset) => embed(encoder, dataset, { batchSize: passSize, prepare, signal });
  const layer = classifierLayer({ dimension, classes, deviation: protocol.initialDeviation, random: random(seed).fork('classifier') });
  const optimizer = sgd({ parameters: layer.parameters, momentum: protocol.momentum, nesterov: protocol.nesterov, weightDecay: protocol.weightDecay });
  try {
    const aside = held && (await through(held));
    let kept1: NamedTensors | undefined;
    const { epochs, best } = await trainEpochs({
      where,
      dataset: kept,
      view,
      protocol,
      seed,
      step(images: Tensor4D, labels, learningRate) {
        const { loss, weight, bias } = tidy(() => layerGradients(layer, encoder.apply(images, 'eval'), labels));
        try {
          optimizer.step({ weight, bias }, learningRate);
          return loss.dataSync()[0]!;
        } finally {
          dispose([loss, weight, bias]);
        }
      },
      measure: aside && (async () => agreement(layer.classify(aside), held!.labels!)),
      keep: () => void (kept1 = layer.state()),
      onEpoch: options.onEpoch,
      onProgress: options.onProgress,
      signal,
    });
    const features = await through(test);
    const judge = ({ epoch, heldOutAccuracy }: EpochRecord): JudgedEpoch => {
      const predictions = layer.classify(features);
      return { epoch, accuracy: agreement(predictions, test.labels!), ...(heldOutAccuracy !== undefined && { heldOutAccuracy }), predictions };
    };
    const last = judge(epochs.at(-1)!);
    if (kept1 !== undefined) layer.restore(kept1);
    return { last, ...(best && { best: judge(best) }), epochs, labels: sampleIds.length };
  } finally {
    optimizer.dispose();
    layer.dispose();
  }
}
