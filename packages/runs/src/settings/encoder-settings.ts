/** Settings of the backbone and the heads. */
import { type LayeredHead, predictionHead, projectionHead, type ResidualEncoder, resnet, smallResNet } from '@kindred/backbones';
import type { Encoder, Head, Normalize, Random } from '@kindred/core';
import * as z from 'zod';

const whole = z.int().positive();

const batchNormSplits = whole
  .optional()
  .describe('Groups of rows of a pass with batch statistics of their own; 1 by default. Must divide the rows of a pass.');

/** Which backbone. */
export const EncoderSettings = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('resnet'),
    depth: z.literal([18, 34, 50, 101, 152]),
    stem: z.enum(['cifar', 'imagenet']).describe('cifar: 3x3, stride 1, no pooling; imagenet: 7x7, stride 2, max pooling.'),
    widthMultiplier: z.number().positive().default(1),
    zeroInitResidual: z.boolean().default(false),
    batchNormSplits,
  }),
  z.strictObject({
    name: z.literal('small-resnet'),
    stem: z.strictObject({ channels: whole, kernel: whole, stride: whole }),
    widths: z.array(whole).min(1).readonly().describe('Channels of each stage.'),
    blocks: z.array(whole).min(1).readonly().describe('Residual blocks of each stage.'),
    strides: z.array(whole).min(1).readonly().optional().describe('Stride of each stage; 1 for the first and 2 for the others by default.'),
    batchNormSplits,
  }),
]);

/** The head whose output is compared. */
export const ProjectionSettings = z.strictObject({
  layers: z
    .array(z.union([whole, z.literal('input')]))
    .min(1)
    .readonly()
    .describe("Output length of each linear layer, 'input' for the backbone's; the last is the embedding."),
  batchNorm: z.enum(['all', 'hidden', 'none']).describe('Batch norm after every layer, after all but the last, nowhere.'),
  outputAffine: z.union([z.boolean(), z.literal('scale-only')]).optional().describe('What the last batch norm learns; scale and offset by default.'),
  outputBias: z.boolean().optional().describe('Whether the last layer has a bias where no batch norm follows; true by default.'),
  batchNormSplits,
});

/** The second head, if a method has one. */
export const PredictionSettings = z.strictObject({ hidden: whole, outputBias: z.boolean().optional(), batchNormSplits });

/** What a backbone is built from, apart from its settings. */
export interface BuildEncoderOptions {
  /** Channels of the images. */
  readonly channels: number;
  readonly random: Random;
  /** How batch normalisation takes its statistics, if not from the rows of this process. */
  readonly normalize?: Normalize | undefined;
  /** Its parts that are not trained. */
  readonly frozen?: readonly string[] | undefined;
}

/** Makes the backbone. */
export function buildEncoder(settings: z.output<typeof EncoderSettings>, options: BuildEncoderOptions): ResidualEncoder {
  if (settings.name === 'resnet') {
    const { depth, stem, widthMultiplier, zeroInitResidual, batchNormSplits = 1 } = settings;
    return resnet({ depth, stem, widthMultiplier, zeroInitResidual, batchNormSplits, ...options });
  }
  const { stem, widths, blocks, strides, batchNormSplits = 1 } = settings;
  return smallResNet({ stem, widths, blocks, ...(strides && { strides }), batchNormSplits, ...options });
}

/** Makes the projection head behind an encoder. */
export function buildProjector(settings: z.output<typeof ProjectionSettings>, encoder: Encoder, random: Random, normalize?: Normalize): LayeredHead {
  return projectionHead({ ...defined(settings), input: encoder.dimension, random, normalize });
}

/** Makes the prediction head behind a projector. */
export function buildPredictor(settings: z.output<typeof PredictionSettings>, projector: Head, random: Random, normalize?: Normalize): LayeredHead {
  return predictionHead({ ...defined(settings), input: projector.dimension, output: projector.dimension, random, normalize });
}

/** Settings without those that are undefined, for options that may be absent. */
function defined<T extends object>(settings: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never;
}
