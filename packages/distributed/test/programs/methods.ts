/** Methods and views small enough for many ranks on one core. */
import { batchNormalization, convolution, predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { type Encoder, type ImageBatch, imagesOf, type Normalize, type Random, random, type Views } from '@kindred/core';
import { byol, deepClusterV2, type Method, mocoV2, momentumNetwork, nnclr, simclr, swav } from '@kindred/methods';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';

export const samples = 48;
export const batchSize = 24;

/** The networks of a method: smooth, so that rounding errors stay small, or a ResNet, whose ReLUs can turn them into jumps for inputs close to 0. */
export type Networks = 'smooth' | 'resnet';

/** Two convolutions with batch normalisation and tanh. */
function smoothEncoder(normalize: Normalize | undefined, stream: Random): Encoder {
  const parts = [
    { conv: convolution({ inputs: 1, outputs: 6, kernel: 3, stride: 2, padding: 1, random: stream.fork('first') }), norm: batchNormalization({ channels: 6, normalize }) },
    { conv: convolution({ inputs: 6, outputs: 8, kernel: 3, stride: 2, padding: 1, random: stream.fork('second') }), norm: batchNormalization({ channels: 8, normalize }) },
  ];
  return {
    dimension: 8,
    apply: (images, mode) =>
      tf.tidy(() => tf.mean(parts.reduce((x, { conv, norm }) => tf.tanh(norm.apply(conv.apply(x, mode), mode)), images), [1, 2]) as tf.Tensor2D),
    parameters: () => Object.fromEntries(parts.map(({ conv, norm }, i) => [i, { conv: conv.parameters(), norm: norm.parameters() }])),
    buffers: () => Object.fromEntries(parts.map(({ norm }, i) => [i, norm.buffers()])),
  };
}

/** A new method. The same seed gives the same networks and memories everywhere. */
export function makeMethod(name: string, seed: number, normalize: Normalize | undefined, networks: Networks = 'smooth'): Method {
  const stream = random(seed);
  const encoder = () =>
    networks === 'smooth'
      ? smoothEncoder(normalize, stream)
      : smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4, 8], blocks: [1, 1], channels: 1, normalize, random: stream });
  const projector = () => projectionHead({ input: 8, layers: [8, 4], batchNorm: 'all', normalize, random: stream.fork('p') });
  const predictor = predictionHead({ input: 4, hidden: 8, output: 4, normalize, random: stream.fork('q') });
  const memory = (stored: string) => supportSet({ capacity: 60, dimension: 4, initial: 'random', random: stream.fork(stored) });
  const online = { encoder: encoder(), projector: projector() };
  const momentum = () => momentumNetwork({ online, target: { encoder: encoder(), projector: projector() }, decay: () => 0.9 });
  switch (name) {
    case 'nnclr':
      return nnclr({ ...online, predictor, support: memory('support'), temperature: 0.2 });
    case 'simclr':
      return simclr({ ...online, temperature: 0.5 });
    case 'moco-v2':
      return mocoV2({ ...online, momentum: momentum(), queue: memory('queue'), temperature: 0.2 });
    case 'byol':
      return byol({ ...online, predictor, momentum: momentum() });
    case 'swav':
      return swav({ ...online, count: 6, epsilon: 0.5, iterations: 3, freezeSteps: 2, temperature: 0.5, random: stream.fork('prototypes') });
    case 'deepcluster-v2':
      return deepClusterV2({ ...online, samples, clusters: [4, 3], iterations: 3, everySteps: 4, temperature: 0.5, random: stream.fork('clusters') });
    default:
      throw new Error(`no method ${name}`);
  }
}

/** Adds noise to each sample, determined by seed, epoch and sample. */
export const views: Views<ImageBatch, tf.Tensor4D> = {
  count: 2,
  make: (batch, { seed, epoch, sampleIds }) =>
    [0, 1].map((v) => {
      const pixels = imagesOf(batch).flatMap(({ pixels: bytes }, row) => {
        const noise = random(seed).fork('view', v, epoch, sampleIds[row]!);
        return Array.from(bytes, (byte) => 0.7 * (byte / 255) + 0.3 * noise.uniform(0, 1));
      });
      return tf.tensor4d(pixels, [sampleIds.length, 8, 8, 1]);
    }),
};
