/** The linear probe as papers train it: by SGD, on views through a frozen encoder. */
import { ArgumentError, type Encoder, type Dataset, type ImageBatch, type NamedTensors, random, restoreState } from '@kindred/core';
import { guardedStep, sgd } from '@kindred/optimizers';
import { dispose, type Tensor, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { type ClassifierLayer, classifierLayer, layerGradients } from './classifier-layer.js';
import { embed } from './embed.js';
import type { Features } from './features.js';
import { labelledSamples } from './labelled-samples.js';
import { agreement } from './probe-fit.js';
import type { ProbeProtocol } from './protocols.js';
import { type EpochRecord, ratesOf, trainEpochs } from './train-epochs.js';
import type { JudgedEpoch, TrainedClassifierOptions, TrainedClassifierResult } from './trained-classifier.js';

export interface LinearProbeSgdOptions<Batch = ImageBatch, Input extends Tensor = Tensor4D> extends TrainedClassifierOptions<ProbeProtocol, Batch, Input> {
  readonly encoder: Pick<Encoder<Input>, 'apply' | 'dimension'>;
}

/**
 * Trains one linear layer by SGD on a frozen encoder: evaluation mode, moving statistics, no gradient through it; each epoch sees
 * new views. Unlike `linearProbe`, which embeds once, this embeds the training samples in every epoch.
 *
 * The last epoch and the best are reported separately; the best is chosen on a part of `train` that was not trained on, and `test` is
 * looked at only once, after all training. What papers call best is usually the best on the images that they report on, which is
 * higher.
 *
 * Each of several learning rates has its own layer; all are trained on the same views, at hardly any extra cost. Last and best are then
 * those of the rate most accurate on the samples held out at that epoch. With one sample of each class none can be held out (`heldOut` of
 * the result is 0): then it is the lowest rate, and there is no best epoch.
 *
 * A batch is at most as large as the part that is trained on, and the learning rate follows the actual size.
 *
 * @throws ArgumentError for settings out of range, labels that are missing or of one class. DivergenceError.
 *
 * @example
 * const images = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i % 2) * 255);
 * const dataset = inMemoryDataset({ name: 'two', images: images(40), labels: Int32Array.from({ length: 40 }, (_, i) => i % 2), imageShape: [1, 1, 1] });
 * const encoder = { dimension: 1, apply: (x: tf.Tensor4D) => tf.reshape(x, [-1, 1]) as tf.Tensor2D };
 * const views = imageViews([viewPipeline({}, { output: [1, 1], channels: 1 })]);
 * const protocol = { ...probeProtocols.simclrCifar, batchSize: 8, learningRate: 30, epochs: 5 };
 * const { last } = await linearProbeSgd({ encoder, train: dataset, test: dataset, views, protocol, heldOut: 0.1, seed: 1 });
 * last.accuracy; // => 1
 *
 * @see Chen et al. 2020, SimCLR, appendix B.6; He et al. 2020, MoCo, section 4.1
 */
export async function linearProbeSgd<Batch = ImageBatch, Input extends Tensor = Tensor4D>(options: LinearProbeSgdOptions<Batch, Input>): Promise<TrainedClassifierResult> {
  const { encoder, train, test, protocol, views, toInput, seed, passSize = 250, signal } = options;
  const where = 'linearProbeSgd';
  const { kept, held, sampleIds, classes, columnsOf } = labelledSamples(where, { train, test, labels: 1, heldOut: options.heldOut, seed, classes: options.classes, anySize: toInput !== undefined });
  const rates = ratesOf(protocol);
  if (rates.length > 1 && options.heldOut === 0) {
    throw new ArgumentError(`${where}.heldOut`, 'a share above 0, as one of several learning rates is to be chosen', 0);
  }
  const through = (dataset: Dataset<Batch>): Promise<Features> => embed(encoder, dataset, { batchSize: passSize, toInput, signal });
  const layers = rates.map(() => trainedLayer(encoder.dimension, classes.length, options));
  try {
    const aside = held && (await through(held));
    let leading = rates.indexOf(Math.min(...rates));
    let saved: { readonly which: number; readonly state: NamedTensors } | undefined;
    const { epochs, best } = await trainEpochs({
      where,
      dataset: kept,
      views,
      protocol,
      seed,
      step(input, labels, now) {
        const features = tidy(() => encoder.apply(input, 'eval'));
        const columns = columnsOf(labels);
        try {
          const losses = layers.map((layer, i) => layer.step(features, columns, now[i]!));
          const finite = losses.filter(Number.isFinite);
          // a rate too high for these features drops out, the others go on
          return finite.length === 0 ? NaN : Math.min(...finite);
        } finally {
          features.dispose();
        }
      },
      measure: aside && (async () => {
        const accuracies = layers.map(({ layer }) => agreement(layer.classify(aside), columnsOf(held!.labels!)));
        const accuracy = Math.max(...accuracies);
        leading = accuracies.indexOf(accuracy);
        return { accuracy, which: leading };
      }),
      keep: () => void (saved = { which: leading, state: layers[leading]!.layer.state() }),
      onEpoch: options.onEpoch,
      onProgress: options.onProgress,
      signal,
    });
    const features = await through(test);
    const judge = ({ epoch, heldOutAccuracy }: EpochRecord, which: number): JudgedEpoch => {
      const predictions = layers[which]!.layer.classify(features).map((column) => classes[column]!);
      const accuracy = agreement(predictions, test.labels!);
      return { epoch, learningRate: rates[which]!, accuracy, ...(heldOutAccuracy !== undefined && { heldOutAccuracy }), predictions };
    };
    const last = judge(epochs.at(-1)!, leading);
    if (saved !== undefined) restoreState(layers[saved.which]!.layer, saved.state);
    return { last, ...(best && saved && { best: judge(best, saved.which) }), epochs, labels: sampleIds.length, heldOut: held?.size ?? 0 };
  } finally {
    for (const { dispose: end } of layers) end();
  }
}

/** A layer and what trains it. */
interface TrainedLayer {
  readonly layer: ClassifierLayer;
  /** @returns The loss before the update; if it is not a number, nothing is updated. */
  step(features: Tensor2D, labels: Int32Array, learningRate: number): number;
  dispose(): void;
}

function trainedLayer(dimension: number, classes: number, { protocol, seed }: Pick<LinearProbeSgdOptions, 'protocol' | 'seed'>): TrainedLayer {
  const { initialDeviation, momentum, nesterov, weightDecay } = protocol;
  const layer = classifierLayer({ dimension, classes, deviation: initialDeviation, random: random(seed).fork('classifier') });
  const optimizer = sgd({ parameters: layer.parameters, momentum, nesterov, weightDecay });
  return {
    layer,
    step(features, labels, learningRate) {
      const { loss, weight, bias } = layerGradients(layer, features, labels);
      try {
        const { loss: value, notFinite } = guardedStep(optimizer, { loss, gradients: { weight, bias }, learningRate });
        return notFinite === undefined ? value : NaN;
      } finally {
        dispose([loss, weight, bias]);
      }
    },
    dispose() {
      optimizer.dispose();
      layer.dispose();
    },
  };
}
