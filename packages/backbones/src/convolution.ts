/** A convolution layer without bias. */
import { checkShapes, checkWhole, conv2d, conv2dBranch, type Network, type Random } from '@kindred/core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { heNormalFanOut, variableOf } from './initialize.js';

/** The settings of a convolution. */
export interface ConvolutionOptions {
  /** Channels of the input. */
  readonly inputs: number;
  /** Channels of the output. */
  readonly outputs: number;
  /** Height and width of the filter, in pixels. */
  readonly kernel: number;
  /** Pixels from one window to the next; 1 by default. */
  readonly stride?: number;
  /** Zero rows and columns on each side; 0 by default. */
  readonly padding?: number;
  /** Where the initial weights come from. */
  readonly random: Random;
}

/** A convolution that a network may part at. */
export interface Convolution extends Network<Tensor4D, Tensor4D> {
  /** What `apply` gives, and x for the other branch: the gradients of both are summed at once. */
  branch(x: Tensor4D): { readonly y: Tensor4D; readonly x: Tensor4D };
}

/**
 * Square convolution with PyTorch's symmetric padding, without bias: the batch normalisation that follows has one. Drawn as in
 * torchvision: He normal by fan out.
 *
 * Parameters: `weight`, `[kernel, kernel, inputs, outputs]` (PyTorch holds the transpose; see `exportTorch`).
 *
 * @returns A network of `[N, H, W, inputs]` to `[N, H′, W′, outputs]`, H′ = ⌊(H + 2·padding − kernel) / stride⌋ + 1.
 * @throws ArgumentError for a size that is not whole. When applied: ShapeError for another number of channels.
 *
 * @example
 * const layer = convolution({ random: random(1), inputs: 3, outputs: 8, kernel: 3, stride: 2, padding: 1 });
 * layer.apply(tf.ones([1, 32, 32, 3]), 'eval').shape; // => [1, 16, 16, 8]
 */
export function convolution(options: ConvolutionOptions): Convolution {
  const { inputs, outputs, kernel, stride = 1, padding = 0, random } = options;
  checkWhole('convolution', { inputs, outputs, kernel, stride }, 1);
  checkWhole('convolution', { padding }, 0);
  const weight = variableOf(heNormalFanOut(random, kernel, inputs, outputs), [kernel, kernel, inputs, outputs]);
  const parameters = { weight };
  const buffers = {};
  const check = (x: Tensor4D): void => {
    checkShapes('convolution', { input: [x, `N H W ${inputs}`] });
  };
  return {
    apply(x) {
      check(x);
      return conv2d(x, weight as unknown as Tensor4D, { stride, padding });
    },
    branch(x) {
      check(x);
      return conv2dBranch(x, weight as unknown as Tensor4D, { stride, padding });
    },
    parameters: () => parameters,
    buffers: () => buffers,
  };
}
