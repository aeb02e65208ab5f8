/** Builds the encoder of a residual plan. */
import { ArgumentError, checkShapes, type Encoder, maxPool, type Mode, type Network, type Random } from '@kindred/core';
import { type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { type BatchNormalization, batchNormalization, type BatchNormalizationOptions } from './batch-normalization.js';
import { type Convolution, convolution } from './convolution.js';
import { type LayeredNetwork, planLayers } from './layers.js';
import { freeze, sequential, treesOf } from './network.js';
import { type BlockPlan, type ConvolutionPlan, planBlocks, planDimension, planStem, type ResidualPlan, residualParts } from './residual-plan.js';
import { spatialMean } from './spatial-mean.js';

/** An encoder that carries its plan. */
export interface ResidualEncoder extends Encoder, Pick<LayeredNetwork, 'layers'> {
  /** What `countMultiplyAdds` reads. */
  readonly plan: ResidualPlan;
}

/** A network of images to images of features. */
type FeatureNetwork = Network<Tensor4D, Tensor4D>;

/** How the batch normalisations of an encoder take their statistics. */
type Statistics = Required<Pick<BatchNormalizationOptions, 'splits' | 'normalize'>>;

/** How an encoder's first weights are made, and how it normalises. */
export interface ResidualStart extends Statistics {
  readonly random: Random;
  /** Whether the last batch normalisation of each block starts with scale 0, so that the block is the identity. */
  readonly zeroInitResidual: boolean;
  /** Parts that are not trained; see `ResNetOptions.frozen`. */
  readonly frozen?: readonly string[] | undefined;
}

/** The encoder of a plan: stem, blocks, global average pooling; no classifier. Names and layout are torchvision's. */
export function residualEncoder(plan: ResidualPlan, { random, zeroInitResidual, splits, normalize, frozen = [] }: ResidualStart): ResidualEncoder {
  const layer = (from: ConvolutionPlan): Convolution => convolution({ ...from, random: random.fork(from.name) });
  const conv1 = layer(planStem(plan));
  const statistics = { splits, normalize };
  const bn1 = batchNormalization({ channels: plan.stem.width, ...statistics });
  const stages: Record<string, Record<string, FeatureNetwork>> = {};
  for (const block of planBlocks(plan)) {
    const [stage, index] = block.name.split('.') as [string, string];
    (stages[stage] ??= {})[index] = residualBlock(block, layer, zeroInitResidual, statistics);
  }
  const still = frozenNames(plan, frozen);
  const modeIn = (name: string, mode: Mode): Mode => (still.has(name) ? 'eval' : mode);
  const blocks = Object.entries(stages).flatMap(([name, stage]) => Object.values(stage).map((block) => ({ name, block })));
  const parts = Object.entries(stages).map(([name, stage]) => [name, treesOf(stage)] as const);
  return {
    plan,
    layers: planLayers(plan),
    dimension: planDimension(plan),
    apply(images, mode) {
      checkShapes('encoder', { images: [images, `N H W ${plan.channels}`] }, 'Set channels to those of the images.');
      return tidy((): Tensor2D => {
        let x = tidy(() => {
          const activated = bn1.applyRelu(conv1.apply(images, mode), modeIn('bn1', mode));
          return plan.stem.maxPool ? maxPool(activated, { size: 3, stride: 2, padding: 1 }) : activated;
        });
        for (const { name, block } of blocks) {
          const next = block.apply(x, modeIn(name, mode));
          // without a gradient to come, only two blocks' activations are held at a time (the tape keeps its own)
          x.dispose();
          x = next;
        }
        return spatialMean(x);
      });
    },
    ...freeze(treesOf({ conv1, bn1, ...Object.fromEntries(parts) }), still),
  };
}

/** The names that frozen parts have in the trees. @throws ArgumentError for a part that the plan has not */
function frozenNames(plan: ResidualPlan, frozen: readonly string[]): Set<string> {
  const parts = residualParts(plan.stages.length);
  const unknown = frozen.find((part) => !parts.includes(part));
  if (unknown !== undefined) throw new ArgumentError('encoder.frozen', `parts of the encoder: ${parts.join(', ')}`, unknown);
  return new Set(frozen.flatMap((part) => (part === 'stem' ? ['conv1', 'bn1'] : [part.replace('stage', 'layer')])));
}

/** `relu(path(x) + shortcut(x))`, no ReLU after the path's last normalisation. */
function residualBlock(
  plan: BlockPlan,
  layer: (from: ConvolutionPlan) => Convolution,
  zeroInitResidual: boolean,
  statistics: Statistics,
): FeatureNetwork {
  const last = plan.path.length - 1;
  const path = plan.path.map((from, i): { conv: Convolution; norm: BatchNormalization } => ({
    conv: layer(from),
    norm: batchNormalization({ channels: from.outputs, initialScale: zeroInitResidual && i === last ? 0 : 1, ...statistics }),
  }));
  const { shortcut } = plan;
  const downsample: FeatureNetwork | undefined =
    shortcut && sequential({ 0: layer(shortcut), 1: batchNormalization({ channels: shortcut.outputs, ...statistics }) });
  return {
    apply: (x, mode) =>
      tidy(() => {
        const parted = path[0]!.conv.branch(x);
        let { y } = parted;
        path.forEach(({ conv, norm }, i) => {
          const side = i < last ? undefined : (downsample?.apply(parted.x, mode) ?? parted.x);
          y = norm.applyRelu(i === 0 ? y : conv.apply(y, mode), mode, side);
        });
        return y;
      }),
    ...treesOf({
      ...Object.fromEntries(path.flatMap(({ conv, norm }, i) => [[`conv${i + 1}`, conv] as const, [`bn${i + 1}`, norm] as const])),
      ...(downsample && { downsample }),
    }),
  };
}
