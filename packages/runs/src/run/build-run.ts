/** From settings to the parts of a run. */
import { imageViews, viewPipeline } from '@kindred/augmentations';
import type { ResidualEncoder } from '@kindred/backbones';
import { type ImageBatch, type ImageDataset, type Normalize, random, type Views } from '@kindred/core';
import { stepsPerEpoch } from '@kindred/datasets';
import type { Method } from '@kindred/methods';
import type { Optimizer, Schedule } from '@kindred/optimizers';
import { buildEncoder } from '../settings/encoder-settings.js';
import { buildMethod } from '../settings/method-settings.js';
import { buildOptimizer, buildSchedule } from '../settings/optimizer-settings.js';
import { type PretrainSettings, viewsOf } from '../settings/pretrain-settings.js';
import { checkFit } from './check-fit.js';
import { encoderInputOf } from './encoder-input.js';

/** All that trains. */
export interface RunParts {
  readonly method: Method;
  readonly views: Views<ImageBatch>;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly stepsPerEpoch: number;
  /** Frees method and optimiser. */
  dispose(): void;
}

/**
 * Makes the parts of a run on a dataset; weights follow from the seed.
 *
 * @param normalize How batch normalisation takes its statistics, if not from the rows of this process.
 * @throws SettingsError where settings and dataset do not fit.
 */
export function buildRun(settings: PretrainSettings, dataset: ImageDataset, normalize?: Normalize): RunParts {
  const { seed, batchSize, epochs } = settings;
  checkFit(settings, dataset);
  const weights = random(seed).fork('weights');
  const perEpoch = stepsPerEpoch(dataset.size, batchSize, true);
  const method = buildMethod(settings.method, {
    encoder: freshEncoder(settings, dataset, normalize),
    makeEncoder: (random) => buildEncoder(settings.encoder, dataset.channels, random, normalize),
    normalize,
    random: weights,
    totalSteps: perEpoch * epochs,
    stepsPerEpoch: perEpoch,
    samples: dataset.size,
  });
  try {
    const views = buildViews(settings, dataset, method.views);
    const schedule = buildSchedule(settings.learningRate, { batchSize, epochs, stepsPerEpoch: perEpoch });
    const optimizer = buildOptimizer(settings.optimizer, settings.learningRate, { batchSize, totalSteps: perEpoch * epochs, tree: method.parameters(), gradients: settings.gradients });
    const dispose = (): void => [method, optimizer].forEach((part) => part.dispose());
    return { method, views, optimizer, schedule, stepsPerEpoch: perEpoch, dispose };
  } catch (error) {
    method.dispose();
    throw error;
  }
}

/** The encoder of a run before its first step: the random-weights baseline. */
export function freshEncoder(settings: Pick<PretrainSettings, 'encoder' | 'seed'>, { channels }: Pick<ImageDataset, 'channels'>, normalize?: Normalize): ResidualEncoder {
  return buildEncoder(settings.encoder, channels, random(settings.seed).fork('weights', 'encoder'), normalize);
}

function buildViews(settings: PretrainSettings, dataset: ImageDataset, count: number): Views<ImageBatch> {
  const { size: output, channels } = encoderInputOf(settings, dataset);
  const each = viewsOf(settings.views);
  // one description serves all views; several are one a view
  const list = each.length === 1 ? Array.from({ length: count }, () => each[0]!) : each;
  return imageViews(list.map((view) => viewPipeline(view, { output, channels })));
}
