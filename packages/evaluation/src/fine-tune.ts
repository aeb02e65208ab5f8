/** Fine-tuning: an encoder and a linear layer on it, trained together on few or all labels. */
import {
  ArgumentError,
  DivergenceError,
  type Dataset,
  type Encoder,
  flattenParameters,
  type ImageBatch,
  KindredError,
  type NamedTensors,
  random,
  readParameters,
  requireGradients,
  restoreState,
  StateError,
  writeParameters,
} from '@kindred/core';
import { byGroup, guardedStep, type NamedParameters, type Optimizer, sgd } from '@kindred/optimizers';
import { dispose, type Tensor, type Tensor2D, type Tensor4D, tidy, variableGrads } from '@tensorflow/tfjs-core';
import { type ClassifierLayer, classifierLayer, crossEntropy } from './classifier-layer.js';
import { embed } from './embed.js';
import { labelledSamples } from './labelled-samples.js';
import { agreement } from './probe-fit.js';
import type { FineTuneProtocol } from './protocols.js';
import { type EpochRecord, trainEpochs } from './train-epochs.js';
import type { JudgedEpoch, TrainedClassifierOptions, TrainedClassifierResult } from './trained-classifier.js';

export interface FineTuneOptions<Batch = ImageBatch, Input extends Tensor = Tensor4D> extends TrainedClassifierOptions<FineTuneProtocol, Batch, Input> {
  /** Trained, and restored afterwards. */
  readonly encoder: Pick<Encoder<Input>, 'apply' | 'dimension' | 'parameters' | 'buffers'>;
  /**
   * The share of the training labels that is known, above 0 and at most 1, the same of every class: 0.01 and 0.1 in papers. Or
   * that many of every class. The samples are those of `labelledFraction(train.labels, labels, seed)` of datasets.
   */
  readonly labels: number | { readonly perClass: number };
}

export interface FineTuneResult extends TrainedClassifierResult {
  /** The labelled samples, by their numbers in `train`, ascending, including those held out. */
  readonly sampleIds: Int32Array;
}

/**
 * Trains an encoder and a linear layer on it together, on a share of the labels: semi-supervised evaluation, and with all labels
 * fine-tuning. With an encoder of random weights it is the supervised baseline.
 *
 * The samples that choose the epoch are taken from the labelled ones, so that no label beyond the share is used; `test` is
 * looked at after all training, for the last epoch and for the best. Papers train on all labelled images and most take the best epoch
 * on the images they report: `heldOut: 0` and `last` is the same training without that choice.
 *
 * The encoder is restored at the end, even if this throws.
 *
 * @throws ArgumentError for settings out of range, labels that are missing or of one class. DivergenceError.
 * @throws StateError if a parameter of the encoder has no part in its output. BackendError without gradients.
 *
 * @example
 * const labels = Int32Array.from({ length: 40 }, (_, i) => i % 2);
 * const images = Uint8Array.from({ length: 40 }, (_, i) => (i % 2) * 255);
 * const dataset = inMemoryDataset({ name: 'two', images, labels, imageShape: [1, 1, 1] });
 * const scale = tf.variable(tf.scalar(0.1));
 * const encoder = {
 *   dimension: 1,
 *   apply: (x: tf.Tensor4D) => tf.mul(tf.reshape(x, [-1, 1]), scale) as tf.Tensor2D,
 *   parameters: () => ({ scale }),
 *   buffers: () => ({}),
 * };
 * const views = imageViews([viewPipeline({}, { output: [1, 1], channels: 1 })]);
 * const protocol = { ...fineTuneProtocols.simclrTenPercent, batchSize: 8, learningRate: 30, encoderLearningRate: 1 };
 * const { last, sampleIds } = await fineTune({ encoder, train: dataset, test: dataset, labels: 0.5, views, protocol, heldOut: 0, seed: 1 });
 * [last.accuracy, sampleIds.length]; // => [1, 20]
 *
 * @see Chen et al. 2020, SimCLR, appendix B.5; Caron et al. 2020, SwAV, appendix A.4
 */
export async function fineTune<Batch = ImageBatch, Input extends Tensor = Tensor4D>(options: FineTuneOptions<Batch, Input>): Promise<FineTuneResult> {
  const { encoder, train, test, protocol, views, toInput, seed, passSize = 250, signal } = options;
  const where = 'fineTune';
  requireGradients(where);
  check(where, protocol);
  const { kept, held, sampleIds, classes, columnsOf } = labelledSamples(where, { train, test, labels: options.labels, heldOut: options.heldOut, seed, classes: options.classes, anySize: toInput !== undefined });
  const all = { ...flattenParameters(encoder.parameters()), ...flattenParameters(encoder.buffers()) };
  const before = readParameters(all);
  const layer = classifierLayer({ dimension: encoder.dimension, classes: classes.length, deviation: protocol.initialDeviation, random: random(seed).fork('classifier') });
  const parameters: NamedParameters = flattenParameters({ encoder: encoder.parameters(), layer: layer.parameters });
  const optimizer = optimizerOf(parameters, protocol);
  try {
    const classified = async (dataset: Dataset<Batch>): Promise<Int32Array> =>
      layer.classify(await embed(encoder, dataset, { batchSize: passSize, toInput, signal }).catch(diverged)).map((column) => classes[column]!);
    let best: { layer: NamedTensors; encoder: NamedTensors } | undefined;
    const trained = await trainEpochs({
      where,
      dataset: kept,
      views,
      protocol,
      seed,
      step: (input, labels, [rate]) => step({ layer, parameters, optimizer, embedded: () => encoder.apply(input, protocol.batchNorm) }, columnsOf(labels), rate!),
      measure: held && (async () => ({ accuracy: agreement(await classified(held), held.labels!), which: 0 })),
      keep: () => void (best = { layer: layer.state(), encoder: readParameters(all) }),
      onEpoch: options.onEpoch,
      onProgress: options.onProgress,
      signal,
    });
    const judge = async ({ epoch, heldOutAccuracy }: EpochRecord): Promise<JudgedEpoch> => {
      const predictions = await classified(test);
      return { epoch, learningRate: protocol.learningRate, accuracy: agreement(predictions, test.labels!), ...(heldOutAccuracy !== undefined && { heldOutAccuracy }), predictions };
    };
    const last = await judge(trained.epochs.at(-1)!);
    const result = { last, epochs: trained.epochs, labels: sampleIds.length, heldOut: held?.size ?? 0, sampleIds };
    if (best === undefined || trained.best === undefined) return result;
    if (trained.best.epoch === last.epoch) return { ...result, best: last };
    restoreState(layer, best.layer);
    writeParameters(where, all, best.encoder);
    return { ...result, best: await judge(trained.best) };
  } finally {
    writeParameters(where, all, before);
    optimizer.dispose();
    layer.dispose();
  }
}

/** Embeddings that are not finite result from this training, not from the given encoder. */
function diverged(error: unknown): never {
  if (!(KindredError.is(error) && error.name === 'DivergenceError')) throw error;
  throw new DivergenceError('fineTune', 'the weights are beyond the numbers of float32.', 'Lower the learning rates.', error);
}

interface Parts {
  /** The encoder's output for the step's input. */
  readonly embedded: () => Tensor2D;
  readonly layer: ClassifierLayer;
  readonly parameters: NamedParameters;
  readonly optimizer: Optimizer;
}

/** One update of both. */
function step({ embedded, layer, parameters, optimizer }: Parts, labels: Int32Array, learningRate: number): number {
  const { value, grads } = tidy(() =>
    variableGrads(
      () => crossEntropy(layer.logits(embedded()), labels),
      Object.values(parameters),
    ),
  );
  try {
    const gradients: Record<string, Tensor> = {};
    for (const [name, variable] of Object.entries(parameters)) {
      const gradient = grads[variable.name];
      if (gradient == null) throw new StateError('fineTune', `the loss does not depend on ${name}.`, 'Leave unused parts out of the encoder.');
      gradients[name] = gradient;
    }
    const { loss, notFinite } = guardedStep(optimizer, { loss: value, gradients, learningRate });
    if (Number.isFinite(loss) && notFinite !== undefined) {
      throw new DivergenceError('fineTune', `the loss is ${loss}, but the gradient of ${notFinite} is not a number.`, 'An operation of the encoder has no slope there: the square root of 0, say.');
    }
    return loss;
  } finally {
    dispose([value, ...Object.values(grads)]);
  }
}

/** Trains the layer at the protocol's rate, the encoder at a share of it. */
function optimizerOf(parameters: NamedParameters, { momentum, nesterov, weightDecay, learningRate, encoderLearningRate }: FineTuneProtocol): Optimizer {
  const optimizer = (some: NamedParameters): Optimizer => sgd({ parameters: some, momentum, nesterov, weightDecay });
  return byGroup(parameters, [
    { name: 'layer', takes: (name) => name.startsWith('layer.'), optimizer },
    { name: 'encoder', takes: () => true, optimizer, rate: (rate) => (rate * encoderLearningRate) / learningRate },
  ]);
}

function check(where: string, { learningRate, encoderLearningRate, batchNorm }: FineTuneProtocol): void {
  if (typeof learningRate !== 'number') throw new ArgumentError(`${where}.protocol.learningRate`, 'one number', learningRate, 'Each would need an encoder of its own.');
  if (!(encoderLearningRate > 0 && Number.isFinite(encoderLearningRate))) {
    throw new ArgumentError(`${where}.protocol.encoderLearningRate`, 'a number above 0', encoderLearningRate, 'linearProbeSgd leaves the encoder as it is.');
  }
  if (batchNorm !== 'train' && batchNorm !== 'eval') throw new ArgumentError(`${where}.protocol.batchNorm`, "'train' or 'eval'", batchNorm);
}
