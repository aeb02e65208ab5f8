/** Residual networks of a few million multiply-adds, for small images. */
import { ArgumentError, checkWhole, type Normalize, type Random } from '@kindred/core';
import { residualEncoder, type ResidualEncoder } from './residual-encoder.js';

/** The settings of a small ResNet. */
export interface SmallResNetOptions {
  /** The first convolution; `stride` 1 and `maxPool` false by default. */
  readonly stem: {
    /** Channels after it. */
    readonly channels: number;
    /** Height and width of its filter, in pixels; odd. */
    readonly kernel: number;
    /** Pixels from one window to the next. */
    readonly stride?: number;
    /** Whether a max-pooling of size 3, stride 2, padding 1 follows. */
    readonly maxPool?: boolean;
  };
  /** Channels of each stage. */
  readonly widths: readonly number[];
  /** Basic blocks of each stage. */
  readonly blocks: readonly number[];
  /** Stride of each stage's first block; 1 for the first stage and 2 for the others by default. */
  readonly strides?: readonly number[];
  /** Channels of the images: 3 for colour, 1 for grey. */
  readonly channels: number;
  /** Whether each block starts as the identity; false by default. */
  readonly zeroInitResidual?: boolean;
  /** Groups of a training batch that have separate statistics (see `batchNormalization`); 1 by default. MoCo's split batch norm has 8. */
  readonly batchNormSplits?: number;
  /**
   * Parts that are not trained: `stem`, `stage1`, `stage2` and so on. Their values count as buffers, so that no optimiser sees them, and their batch
   * normalisations run as in `eval`, statistics unmoved, in training too. None by default.
   */
  readonly frozen?: readonly string[] | undefined;
  /** How batch normalisation takes its statistics in training (see `batchNormalization`); from the rows of the batch by default. */
  readonly normalize?: Normalize | undefined;
  /** Where the initial weights come from. */
  readonly random: Random;
}

/**
 * A ResNet of basic blocks in any size: images `[N, H, W, channels]` to `[N, widths.at(-1)]`. Widths 16, 32, 64 with 3 blocks
 * each are the ResNet-20 of He et al. for CIFAR, except that a shortcut between shapes is a 1×1 convolution as in the
 * larger nets (the paper pads with zeros there). Names are torchvision's.
 *
 * @throws ArgumentError for lists of different lengths or sizes that are not whole.
 *
 * @example
 * const settings = { stem: { channels: 8, kernel: 3, stride: 2 }, widths: [8, 16], blocks: [1, 1], channels: 1 };
 * smallResNet({ ...settings, random: random(1) }).apply(tf.ones([2, 28, 28, 1]), 'eval').shape; // => [2, 16]
 *
 * @see He et al. 2016, "Deep Residual Learning for Image Recognition", section 4.2
 */
export function smallResNet(options: SmallResNetOptions): ResidualEncoder {
  const { stem, widths, blocks, channels, zeroInitResidual = false, batchNormSplits = 1, frozen, normalize, random } = options;
  const strides = options.strides ?? widths.map((_, s) => (s === 0 ? 1 : 2));
  if (widths.length === 0) throw new ArgumentError('smallResNet.widths', 'at least one stage', widths);
  const lists = { widths, blocks, strides };
  for (const [name, list] of Object.entries(lists)) {
    if (list.length !== widths.length) {
      throw new ArgumentError(`smallResNet.${name}`, `${widths.length} numbers, as many as widths`, list);
    }
    list.forEach((value, s) => checkWhole('smallResNet', { [`${name}[${s}]`]: value }, 1));
  }
  const { channels: width, kernel, stride = 1, maxPool = false } = stem;
  checkWhole('smallResNet', { channels, 'stem.channels': width, 'stem.kernel': kernel, 'stem.stride': stride }, 1);
  if (kernel % 2 === 0) throw new ArgumentError('smallResNet.stem.kernel', 'an odd number', kernel);
  return residualEncoder(
    {
      channels,
      stem: { width, kernel, stride, maxPool },
      block: 'basic',
      stages: widths.map((stage, s) => ({ width: stage, blocks: blocks[s]!, stride: strides[s]! })),
    },
    { random, zeroInitResidual, splits: batchNormSplits, normalize, frozen },
  );
}
