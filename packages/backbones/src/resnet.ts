/** The ResNets of torchvision. */
import { ArgumentError, checkWhole, type Normalize, type Random } from '@kindred/core';
import { residualEncoder, type ResidualEncoder } from './residual-encoder.js';
import type { ResidualPlan, StemPlan } from './residual-plan.js';

/** The standard depths. */
export type ResNetDepth = 18 | 34 | 50 | 101 | 152;

/** The settings of a ResNet. */
export interface ResNetOptions {
  /** Layers with weights, the classifier included. 18 and 34 have basic blocks, the others bottlenecks. */
  readonly depth: ResNetDepth;
  /** `imagenet`: 7×7 stride 2 and a max-pooling, for 224 pixels. `cifar`: 3×3 stride 1 and none, for 32 pixels. */
  readonly stem: 'cifar' | 'imagenet';
  /** Channels of the images: 3 for colour, 1 for grey. */
  readonly channels: number;
  /** Multiplies the channels of every layer, as in "ResNet-50 (2×)" of SimCLR; 1 by default. */
  readonly widthMultiplier?: number;
  /** Whether each block starts as the identity (its last scale 0, Goyal et al. 2017); false by default, as in torchvision. */
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

const blocks: Record<ResNetDepth, readonly [number, number, number, number]> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
};

const stems: Record<ResNetOptions['stem'], Omit<StemPlan, 'width'>> = {
  cifar: { kernel: 3, stride: 1, maxPool: false },
  imagenet: { kernel: 7, stride: 2, maxPool: true },
};

/**
 * A ResNet as torchvision defines it (v1.5: a bottleneck's stride is in its 3×3), without the classifier: images
 * `[N, H, W, channels]` to `[N, 512]` for basic blocks or `[N, 2048]` for bottlenecks, times `widthMultiplier`. Weights are
 * drawn as in torchvision; its files load through `importTorch`.
 *
 * The `cifar` stem is that of SimCLR's CIFAR experiments, padding 1.
 *
 * @throws ArgumentError for an unknown depth or stem, or sizes that are not whole.
 *
 * @example
 * const encoder = resnet({ random: random(1), depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 1 / 8 });
 * encoder.apply(tf.ones([2, 32, 32, 3]), 'eval').shape; // => [2, 64]
 *
 * @see He et al. 2016, "Deep Residual Learning for Image Recognition"; Chen et al. 2020, SimCLR, appendix B.9
 */
export function resnet(options: ResNetOptions): ResidualEncoder {
  const { depth, stem, channels, widthMultiplier = 1, zeroInitResidual = false, batchNormSplits = 1, frozen, normalize, random } = options;
  if (!Object.hasOwn(blocks, depth)) throw new ArgumentError('resnet.depth', 'one of 18, 34, 50, 101, 152', depth);
  if (!Object.hasOwn(stems, stem)) throw new ArgumentError('resnet.stem', "'cifar' or 'imagenet'", stem);
  checkWhole('resnet', { channels }, 1);
  const width = 64 * widthMultiplier;
  if (!(Number.isSafeInteger(width) && width >= 1)) {
    throw new ArgumentError('resnet.widthMultiplier', 'a multiple of 1/64 above 0', widthMultiplier);
  }
  const plan: ResidualPlan = {
    channels,
    stem: { ...stems[stem], width },
    block: depth < 50 ? 'basic' : 'bottleneck',
    stages: blocks[depth].map((count, s) => ({ blocks: count, width: width * 2 ** s, stride: s === 0 ? 1 : 2 })),
  };
  return residualEncoder(plan, { random, zeroInitResidual, splits: batchNormSplits, normalize, frozen });
}
