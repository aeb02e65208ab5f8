/** Supervised classification: what an encoder learns from labels, in the same loop. */
import { ArgumentError, type Encoder, type Head } from '@kindred/core';
import { crossEntropy } from '@kindred/losses';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import { classLabels } from '../strategies/class-labels.js';

/** An encoder and its classifier. */
export interface SupervisedOptions<Input extends Tensor = Tensor4D> {
  readonly encoder: Encoder<Input>;
  /** Embeddings to logits, one per class. `projectionHead` with one layer and no batch norm is the usual linear one. */
  readonly classifier: Head;
  /** How many classes; must be the classifier's dimension. */
  readonly classes: number;
  /** How several views go through the network. Default: separate. */
  readonly forward?: MethodParts['forward'];
}

/**
 * Cross-entropy with labels as a composition: the baseline to hold self-supervised encoders against. One view is enough; for
 * several it takes the mean. Samples whose label is −1 do not count. Needs labels.
 *
 * @throws ArgumentError unless the classifier has one output per class.
 *
 * @example
 * const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: random(1) });
 * const classifier = projectionHead({ input: encoder.dimension, layers: [10], batchNorm: 'none', random: random(2) });
 * supervised({ encoder, classifier, classes: 10 }).views; // => 1
 */
export function supervised<Input extends Tensor = Tensor4D>({ encoder, classifier, classes, forward }: SupervisedOptions<Input>): Method<Input> {
  if (classifier.dimension !== classes) {
    throw new ArgumentError('supervised.classifier', `dimension ${classes}, one a class`, classifier.dimension);
  }
  return composeMethod({
    name: 'supervised',
    encoder,
    projector: classifier,
    strategy: classLabels({ classes }),
    loss: crossEntropy({ temperature: 1 }),
    forward,
  });
}
