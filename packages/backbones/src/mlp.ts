/** An encoder for rows of numbers. */
import { ArgumentError, checkWhole, type Encoder, type Normalize, type Random, relu } from '@kindred/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { batchNormalization } from './batch-normalization.js';
import { type Layer, type LayeredNetwork, normalizationLayer } from './layers.js';
import { linear } from './linear.js';
import { type Link, sequential } from './network.js';

/** The settings of a multilayer perceptron. */
export interface MlpOptions {
  /** Length of an input row. */
  readonly input: number;
  /** The length of each layer's output; the last is the length of an embedding. */
  readonly layers: readonly number[];
  /** Whether batch normalisation stands between each linear layer and its ReLU. A layer followed by it has no bias. */
  readonly batchNorm: boolean;
  /** How batch normalisation takes its statistics in training (see `batchNormalization`); from the rows of the batch by default. */
  readonly normalize?: Normalize | undefined;
  /** Where the initial weights come from. */
  readonly random: Random;
}

/**
 * A multilayer perceptron, `[N, input]` to `[N, layers.at(-1)]`: linear layers, each followed by ReLU, the last one too. For tables
 * and other vectors. Names are those of PyTorch's `nn.Sequential(Linear, BatchNorm1d, ReLU, ...)`.
 *
 * @throws ArgumentError for no layers, or sizes that are not whole.
 *
 * @example
 * const encoder = mlp({ input: 4, layers: [16, 8], batchNorm: true, random: random(1) });
 * encoder.apply(tf.ones([3, 4]), 'eval').shape; // => [3, 8]
 *
 * @see Bahri et al. 2022, "SCARF", whose encoder for tables this is (four layers of 256, no batch normalisation)
 */
export function mlp({ input, layers, batchNorm, normalize, random }: MlpOptions): Encoder<Tensor2D> & LayeredNetwork<Tensor2D, Tensor2D> {
  if (layers.length === 0) throw new ArgumentError('mlp.layers', 'at least one layer', layers);
  checkWhole('mlp', { input, ...Object.fromEntries(layers.map((width, i) => [`layers[${i}]`, width])) }, 1);
  const parts = layers.flatMap((outputs, i): { link: Link; layer: (name: string) => Layer }[] => [
    { link: linear({ inputs: layers[i - 1] ?? input, outputs, bias: !batchNorm, random: random.fork(i) }), layer: (name) => ({ kind: 'linear', name }) },
    ...(batchNorm ? [{ link: batchNormalization({ channels: outputs, normalize }), layer: normalizationLayer }] : []),
    { link: relu<Tensor2D>, layer: () => ({ kind: 'relu' }) },
  ]);
  return {
    ...sequential<Tensor2D, Tensor2D>(Object.fromEntries(parts.map(({ link }, i) => [i, link]))),
    dimension: layers.at(-1)!,
    layers: parts.map(({ layer }, i) => layer(`${i}`)),
  };
}
