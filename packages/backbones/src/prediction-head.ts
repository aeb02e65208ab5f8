/** The network that only one branch of a method has: BYOL's, SimSiam's and NNCLR's predictor. */
import type { Normalize, Random } from '@kindred/core';
import type { LayeredHead } from './layers.js';
import { projectionHead } from './projection-head.js';

/** The settings of a prediction head; the rows of `headPresets` fill `hidden`, `output` and `outputBias`. */
export interface PredictionHeadOptions {
  /** The length of a projection, the input. */
  readonly input: number;
  /** The length of the hidden layer. */
  readonly hidden: number;
  /** The length of the output: that of what it predicts. */
  readonly output: number;
  /** Whether the last layer has a bias; true by default. */
  readonly outputBias?: boolean;
  /** Groups of a training batch that have separate statistics (see `batchNormalization`); 1 by default. */
  readonly batchNormSplits?: number;
  /** How batch normalisation takes its statistics in training (see `batchNormalization`); from the rows of the batch by default. */
  readonly normalize?: Normalize | undefined;
  /** Where the initial weights come from. */
  readonly random: Random;
}

/**
 * Linear, batch normalisation, ReLU, Linear: `[N, input]` to `[N, output]`. Named like `projectionHead`: `0.weight`,
 * `1.weight`, `1.bias`, `3.weight`, `3.bias`.
 *
 * @throws ArgumentError for sizes that are not whole.
 *
 * @example
 * predictionHead({ input: 4, hidden: 16, output: 4, random: random(1) }).apply(tf.ones([2, 4]), 'train').shape; // => [2, 4]
 *
 * @see Grill et al. 2020, BYOL; Chen and He 2021, SimSiam; Dwibedi et al. 2021, NNCLR
 */
export function predictionHead({ input, hidden, output, outputBias = true, batchNormSplits = 1, normalize, random }: PredictionHeadOptions): LayeredHead {
  return projectionHead({ input, layers: [hidden, output], batchNorm: 'hidden', outputBias, batchNormSplits, normalize, random });
}
