/** Builds the parts of a run from its settings. */
import { imageViews, viewPipeline } from '@kindred/augmentations';
import { networkState, type ResidualEncoder } from '@kindred/backbones';
import { type Encoder, flattenParameters, type ImageBatch, type ImageDataset, type NamedTensors, type Normalize, random, type Views } from '@kindred/core';
import { stepsPerEpoch } from '@kindred/datasets';
import type { Method } from '@kindred/methods';
import { averageWeights, type NamedParameters, type Optimizer, type Schedule } from '@kindred/optimizers';
import { buildEncoder } from '../settings/encoder-settings.js';
import { legsOf } from '../settings/legs.js';
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
  /** What is evaluated: the encoder's values by name, or their average where the settings ask for one. */
  encoderState(): NamedTensors;
  /** Frees method and optimiser. */
  dispose(): void;
}

/**
 * Makes the parts of a run on a dataset; weights follow from the seed.
 *
 * @param normalize How batch normalisation takes its statistics, if not from the rows of this process.
 * @throws SettingsError if settings and dataset do not fit.
 */
export function buildRun(settings: PretrainSettings, dataset: ImageDataset, normalize?: Normalize): RunParts {
  const { seed, batchSize } = settings;
  checkFit(settings, dataset);
  const weights = random(seed).fork('weights');
  const perEpoch = stepsPerEpoch(dataset.size, batchSize, true);
  const legs = legsOf(settings, perEpoch);
  const method = buildMethod(settings.method, {
    encoder: freshEncoder(settings, dataset, normalize),
    makeEncoder: (random) => buildEncoder(settings.encoder, dataset.channels, random, normalize),
    normalize,
    random: weights,
    legs,
    stepsPerEpoch: perEpoch,
    samples: dataset.size,
  });
  try {
    const views = buildViews(settings, dataset, method.views);
    const schedule = buildSchedule(settings.learningRate, { batchSize, legs, stepsPerEpoch: perEpoch });
    const average = settings.averageWeights && averageWeights({ variables: networkVariables(method.encoder), decay: settings.averageWeights.decay });
    const optimizer = buildOptimizer(settings.optimizer, settings.learningRate, { batchSize, legs, tree: method.parameters(), gradients: settings.gradients, average });
    const dispose = (): void => [method, optimizer].forEach((part) => part.dispose());
    return { method, views, optimizer, schedule, stepsPerEpoch: perEpoch, encoderState: () => average?.averages() ?? networkState(method.encoder), dispose };
  } catch (error) {
    method.dispose();
    throw error;
  }
}

/** All variables of an encoder, by the names of `networkState`. */
const networkVariables = (encoder: Encoder): NamedParameters => ({ ...flattenParameters(encoder.parameters()), ...flattenParameters(encoder.buffers()) });

/** The encoder of a run before its first step: the random-weights baseline. */
export function freshEncoder(settings: Pick<PretrainSettings, 'encoder' | 'seed'>, { channels }: Pick<ImageDataset, 'channels'>, normalize?: Normalize): ResidualEncoder {
  return buildEncoder(settings.encoder, channels, random(settings.seed).fork('weights', 'encoder'), normalize);
}

function buildViews(settings: PretrainSettings, dataset: ImageDataset, count: number): Views<ImageBatch> {
  const { size: output, channels } = encoderInputOf(settings, dataset);
  const each = viewsOf(settings.views);
  // one description serves all views; several are one per view
  const list = each.length === 1 ? Array.from({ length: count }, () => each[0]!) : each;
  return imageViews(list.map((view) => viewPipeline(view, { output, channels })));
}
