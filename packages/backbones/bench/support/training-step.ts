/** The training steps that the benchmarks time and weigh. */
import { flattenParameters, random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { disposeNetwork, resnet, type ResidualEncoder, smallResNet } from '../../src/index.js';

const small = { stem: { channels: 16, kernel: 3 }, widths: [16, 32, 64], blocks: [3, 3, 3], channels: 3 } as const;

/** The CIFAR ResNet-18, from fixed weights. */
export const resnet18 = (): ResidualEncoder => resnet({ depth: 18, stem: 'cifar', channels: 3, random: random(1) });

/** A ResNet of three stages of 16, 32 and 64 channels, from fixed weights. */
export const residual16 = (): ResidualEncoder => smallResNet({ ...small, random: random(1) });

/** Seconds of one step, the loss read at its end. */
export function stepper(encoder: ResidualEncoder, views: number): { step: () => number; end: () => void } {
  const x = tf.randomUniform<tf.Rank.R4>([views, 32, 32, 3], 0, 1, 'float32', 1);
  const variables = Object.values(flattenParameters(encoder.parameters()));
  const optimizer = tf.train.sgd(0.01);
  return {
    step() {
      const start = performance.now();
      const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(encoder.apply(x, 'train'))) as tf.Scalar, variables);
      optimizer.applyGradients(grads);
      value.dataSync();
      // a GPU may still be at the weights
      variables.at(-1)!.dataSync();
      tf.dispose([value, grads]);
      return (performance.now() - start) / 1000;
    },
    end() {
      tf.dispose(x);
      optimizer.dispose();
      disposeNetwork(encoder);
    },
  };
}
