/** The small network between an encoder and a contrastive loss. */
import { ArgumentError, checkWhole, type Normalize, type Random, relu } from '@kindred/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { type Affine, batchNormalization } from './batch-normalization.js';
import { type Layer, type LayeredHead, normalizationLayer } from './layers.js';
import { linear } from './linear.js';
import { type Link, sequential } from './network.js';

/** Where a head normalises: after every layer, after all but the last, nowhere. */
export type HeadNormalization = 'all' | 'hidden' | 'none';

/** The settings of a projection head; the rows of `headPresets` fill all but `input` and `random`. */
export interface ProjectionHeadOptions {
  /** D, the length of an embedding, the input. */
  readonly input: number;
  /** The length of each layer's output; the last one is the head's. `'input'` stands for D. */
  readonly layers: readonly (number | 'input')[];
  /** Which layers are followed by batch normalisation. */
  readonly batchNorm: HeadNormalization;
  /** What the batch normalisation after the last layer learns, if there is one; both scale and offset by default. */
  readonly outputAffine?: Affine;
  /** Whether the last layer has a bias if no batch normalisation follows; true by default. */
  readonly outputBias?: boolean;
  /** Groups of a training batch that have separate statistics (see `batchNormalization`); 1 by default. */
  readonly batchNormSplits?: number;
  /** How batch normalisation takes its statistics in training (see `batchNormalization`); from the rows of the batch by default. */
  readonly normalize?: Normalize | undefined;
  /** Where the initial weights come from. */
  readonly random: Random;
}

/**
 * Linear layers with ReLU between them, `[N, input]` to `[N, layers.at(-1)]`. A layer that batch normalisation follows has
 * no bias. Names are those of PyTorch's `nn.Sequential(Linear, BatchNorm1d, ReLU, ...)`: `0.weight`, `1.weight`, `1.bias`, ...
 *
 * @throws ArgumentError for an empty list or sizes that are not whole.
 *
 * @example
 * const head = projectionHead({ random: random(1), input: 8, layers: [16, 4], batchNorm: 'all' });
 * head.apply(tf.ones([2, 8]), 'train').shape; // => [2, 4]
 */
export function projectionHead(options: ProjectionHeadOptions): LayeredHead {
  const { input, layers, batchNorm, outputAffine = true, outputBias = true, batchNormSplits: splits = 1, normalize, random } = options;
  checkWhole('projectionHead', { input }, 1);
  if (layers.length === 0) throw new ArgumentError('projectionHead.layers', 'at least one layer', layers);
  if (!['all', 'hidden', 'none'].includes(batchNorm)) {
    throw new ArgumentError('projectionHead.batchNorm', "'all', 'hidden' or 'none'", batchNorm);
  }
  const widths = layers.map((width) => (width === 'input' ? input : width));
  widths.forEach((width, i) => checkWhole('projectionHead', { [`layers[${i}]`]: width }, 1));
  const parts = widths.flatMap((outputs, i): HeadPart[] => {
    const last = i === widths.length - 1;
    const normalised = batchNorm === 'all' || (batchNorm === 'hidden' && !last);
    const bias = !normalised && (!last || outputBias);
    return [
      { link: linear({ inputs: widths[i - 1] ?? input, outputs, bias, random: random.fork(i) }), layer: (name) => ({ kind: 'linear', name }) },
      ...(normalised
        ? [{ link: batchNormalization({ channels: outputs, affine: last ? outputAffine : true, splits, normalize }), layer: normalizationLayer }]
        : []),
      ...(last ? [] : [{ link: relu<Tensor2D>, layer: (): Layer => ({ kind: 'relu' }) }]),
    ];
  });
  return {
    ...sequential<Tensor2D, Tensor2D>(Object.fromEntries(parts.map(({ link }, i) => [i, link]))),
    dimension: widths.at(-1)!,
    layers: parts.map(({ layer }, i) => layer(`${i}`)),
  };
}

/** The layers of a head, both as functions and as data. */
interface HeadPart {
  readonly link: Link;
  readonly layer: (name: string) => Layer;
}
