/** Residual networks as data, to build, count and show them. */

/** How an encoder begins. */
export interface StemPlan {
  /** Channels after the first convolution. */
  readonly width: number;
  /** Height and width of its filter, in pixels. Padded by half of it on every side. */
  readonly kernel: number;
  readonly stride: number;
  /** Whether a max-pooling of size 3, stride 2, padding 1 follows. */
  readonly maxPool: boolean;
}

/** Blocks of one width. */
export interface StagePlan {
  readonly blocks: number;
  /** Channels inside the blocks; a bottleneck block gives four times as many. */
  readonly width: number;
  /** Stride of the first block; the others have stride 1. */
  readonly stride: number;
}

/** A residual network. */
export interface ResidualPlan {
  /** Channels of the images. */
  readonly channels: number;
  readonly stem: StemPlan;
  /** `basic`: two 3×3 convolutions. `bottleneck`: 1×1, 3×3 (with the stride), 1×1. */
  readonly block: 'basic' | 'bottleneck';
  readonly stages: readonly StagePlan[];
}

/** One convolution of a plan. Its name is torchvision's, without `.weight`. */
export interface ConvolutionPlan {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** A block of a plan: its convolutions in order, and the one of its shortcut where shapes change. */
export interface BlockPlan {
  /** `layer1.0`. */
  readonly name: string;
  readonly path: readonly ConvolutionPlan[];
  readonly shortcut: ConvolutionPlan | undefined;
}

/** How much wider a block's output is than its inside. */
const expansion = { basic: 1, bottleneck: 4 } as const;

/** The length of the plan's embedding. */
export function planDimension({ block, stages }: ResidualPlan): number {
  return stages.at(-1)!.width * expansion[block];
}

/** The first convolution of a plan. */
export function planStem({ channels, stem }: ResidualPlan): ConvolutionPlan {
  const { width, kernel, stride } = stem;
  return { name: 'conv1', inputs: channels, outputs: width, kernel, stride, padding: Math.floor(kernel / 2) };
}

/**
 * The parts of a residual encoder with so many stages, from the images on: `stem` (`conv1` and `bn1` by torchvision's names), then `stage1`
 * (`layer1`) and so on. What `frozen` takes.
 *
 * @example
 * residualParts(2); // => ['stem', 'stage1', 'stage2']
 */
export const residualParts = (stages: number): string[] => ['stem', ...Array.from({ length: stages }, (_, s) => `stage${s + 1}`)];

/** The blocks of a plan, in order. */
export function planBlocks({ stem, block, stages }: ResidualPlan): BlockPlan[] {
  let inputs = stem.width;
  return stages.flatMap((stage, s) =>
    Array.from({ length: stage.blocks }, (_, b): BlockPlan => {
      const name = `layer${s + 1}.${b}`;
      const stride = b === 0 ? stage.stride : 1;
      const outputs = stage.width * expansion[block];
      const three = { kernel: 3, padding: 1, stride };
      const one = { kernel: 1, padding: 0, stride: 1 };
      const { width } = stage;
      const path: ConvolutionPlan[] =
        block === 'basic'
          ? [
              { ...three, name: `${name}.conv1`, inputs, outputs: width },
              { ...three, name: `${name}.conv2`, inputs: width, outputs, stride: 1 },
            ]
          : [
              { ...one, name: `${name}.conv1`, inputs, outputs: width },
              { ...three, name: `${name}.conv2`, inputs: width, outputs: width },
              { ...one, name: `${name}.conv3`, inputs: width, outputs },
            ];
      const changes = stride !== 1 || inputs !== outputs;
      const shortcut = changes ? { ...one, name: `${name}.downsample.0`, inputs, outputs, stride } : undefined;
      inputs = outputs;
      return { name, path, shortcut };
    }),
  );
}
