/** Settings of a pre-training run: the whole config file. */
import { augmentationPresets, ViewSettings } from '@kindred/augmentations';
import { DatasetSettings } from '@kindred/datasets/node';
import { precisions } from '@kindred/tensorflow';
import * as z from 'zod';
import { contradictions } from './contradictions.js';
import { EncoderSettings } from './encoder-settings.js';
import { MethodSettings } from './method-settings.js';
import { GradientSettings, LearningRateSettings, OptimizerSettings } from './optimizer-settings.js';

const presets = Object.keys(augmentationPresets) as [PresetName, ...PresetName[]];
type PresetName = keyof typeof augmentationPresets;

const whole = z.int().positive();

/** What is measured now and then while a run trains. */
const MonitorSettings = z.strictObject({
  everyEpochs: z.number().positive().describe('Epochs between measurements; parts of one are fine.'),
  images: z.int().min(10).default(5000).describe('Training images that are embedded: four fifths vote, one fifth is classified.'),
  k: whole.default(20).describe('Neighbours that vote.'),
  temperature: z.number().positive().default(0.1).describe('Weights of the votes: exp(cosine / temperature).'),
});

/** The config file of `kindred pretrain`. */
export const PretrainSettings = z
  .strictObject({
    name: z.string().regex(/^[\w][\w.-]*$/, 'expected letters, digits, dots, dashes and underscores').describe('The run folder, below runs/.'),
    seed: z.int().min(0).describe('Decides weights, order and views.'),
    data: DatasetSettings,
    views: z
      .union([z.enum(presets), ViewSettings, z.array(ViewSettings).min(2)])
      .describe('A preset by its source, a description for all views, or one a view.'),
    viewSize: z.tuple([whole, whole]).optional().describe('[height, width] of the views; the size of the images by default.'),
    encoder: EncoderSettings,
    init: z
      .string()
      .min(1)
      .optional()
      .describe("What the encoder starts from: a ResNet of torchvision or timm as .safetensors, a file of Kindred's, or the folder of a run (its last encoder; best.safetensors in it is its best). Random weights by default."),
    frozen: z
      .array(z.string())
      .min(1)
      .readonly()
      .optional()
      .describe('Parts of the encoder that are not trained, their batch norms as in inference: stem, stage1, stage2 and so on, or encoder for all of it. None by default.'),
    method: MethodSettings,
    optimizer: OptimizerSettings,
    gradients: GradientSettings.optional().describe('What happens to gradients before the optimiser sees them; nothing by default.'),
    learningRate: LearningRateSettings,
    averageWeights: z
      .strictObject({ decay: z.number().min(0).lt(1).describe('Share of the average that stays at a step: 0.99 to 0.9999.') })
      .optional()
      .describe("A moving average of the encoder's weights and moving statistics; it, and not the last weights, is then what is measured, kept as the best, evaluated and exported."),
    batchSize: whole.describe('Images a step.'),
    epochs: whole,
    chunkSize: whole.optional().describe('Images a pass, where a batch does not fit: exact in two passes (GradCache). Must divide batchSize.'),
    accumulate: z.boolean().optional().describe('With chunkSize: one pass a chunk, for losses without negatives in the batch (BYOL, SimSiam).'),
    precision: z
      .enum(precisions)
      .optional()
      .describe("Of convolutions and linear layers: float32; bfloat16, as PyTorch's autocast, weights and losses in float32; auto: bfloat16 where the machine is faster with it. float32 by default."),
    batchNormAcross: z
      .enum(['ranks', 'rank'])
      .optional()
      .describe("On several ranks: batch statistics of all ranks' rows, as one process would have them (the default), or each rank's own."),
    monitor: MonitorSettings.optional().describe('What is measured while training, on training images; nothing by default.'),
    checkpointEvery: whole.optional().describe('Steps between checkpoints; an epoch by default.'),
  })
  .superRefine((settings, context) => {
    for (const { path, message } of contradictions(settings)) context.addIssue({ code: 'custom', path: [...path], message });
  });

/** Settings after defaults are filled in. */
export type PretrainSettings = z.output<typeof PretrainSettings>;

/** The descriptions of the views that a setting names: one for all views, or one a view. */
export function viewsOf(views: PretrainSettings['views']): readonly ViewSettings[] {
  if (typeof views === 'string') return [augmentationPresets[views].views].flat();
  return Array.isArray(views) ? views : [views as ViewSettings];
}
