/** Builds the parts of a run from its settings. */
import { imageViews, viewPipeline } from '@kindred/augmentations';
import { disposeNetwork, networkState, type ResidualEncoder } from '@kindred/backbones';
import { ArgumentError, type Encoder, flattenParameters, type ImageBatch, type ImageDataset, type NamedTensors, type Normalize, type Random, random, type Views } from '@kindred/core';
import { stepsPerEpoch } from '@kindred/datasets';
import type { Method } from '@kindred/methods';
import { averageWeights, type NamedParameters, type Optimizer, type Schedule } from '@kindred/optimizers';
import { type InitialWeights, type InitReport, startEncoder } from '../init/initial-weights.js';
import { buildEncoder } from '../settings/encoder-settings.js';
import { legsOf } from '../settings/legs.js';
import { frozenParts } from '../settings/network-parts.js';
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
  /** What the encoder started from, if not from weights drawn at random. */
  readonly init: InitReport | undefined;
  /** What is evaluated: the encoder's values by name, or their average where the settings ask for one. */
  encoderState(): NamedTensors;
  /** Frees method and optimiser. */
  dispose(): void;
}

/** What a run is built from, apart from its settings and its images. */
export interface BuildRunOptions {
  /** How batch normalisation takes its statistics, if not from the rows of this process. */
  readonly normalize?: Normalize | undefined;
  /** What `settings.init` names, as `readInit` gives it; `'checkpoint'` if a checkpoint will be restored, which needs no other weights. */
  readonly init?: InitialWeights | 'checkpoint' | undefined;
}

/**
 * Makes the parts of a run on a dataset. Weights follow from the seed; those of the encoder, and of a momentum encoder, are those of `init`
 * where the settings have it.
 *
 * @throws SettingsError if settings and dataset do not fit. DataError for weights of another network.
 */
export function buildRun(settings: PretrainSettings, dataset: ImageDataset, { normalize, init }: BuildRunOptions = {}): RunParts {
  const { seed, batchSize } = settings;
  checkFit(settings, dataset);
  if (settings.init !== undefined && init === undefined) {
    throw new ArgumentError('buildRun.init', `the weights of ${settings.init}, which the settings start from`, undefined, 'Pass await readInit(settings.init).');
  }
  const weights = random(seed).fork('weights');
  const perEpoch = stepsPerEpoch(dataset.size, batchSize, true);
  const legs = legsOf(settings, perEpoch);
  const encoderOf = (stream: Random): ResidualEncoder => buildEncoder(settings.encoder, { channels: dataset.channels, random: stream, normalize, frozen: settings.frozen && frozenParts(settings.frozen, settings.encoder) });
  const { encoder, report } = startedEncoder(encoderOf(weights.fork('encoder')), init);
  const method = buildMethod(settings.method, {
    encoder,
    makeEncoder: encoderOf,
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
    return { method, views, optimizer, schedule, stepsPerEpoch: perEpoch, init: report, encoderState: () => average?.averages() ?? networkState(method.encoder), dispose };
  } catch (error) {
    method.dispose();
    throw error;
  }
}

/** An encoder with the weights that it starts from; it is freed if they do not fit. */
function startedEncoder(encoder: ResidualEncoder, init: BuildRunOptions['init']): { readonly encoder: ResidualEncoder; readonly report?: InitReport } {
  if (init === undefined || init === 'checkpoint') return { encoder };
  try {
    return { encoder, report: startEncoder(encoder, init) };
  } catch (error) {
    disposeNetwork(encoder);
    throw error;
  }
}

/** All variables of an encoder, by the names of `networkState`. */
const networkVariables = (encoder: Encoder): NamedParameters => ({ ...flattenParameters(encoder.parameters()), ...flattenParameters(encoder.buffers()) });

/** The encoder of a run with weights drawn from its seed, all of them to be trained: the random-weights baseline. */
export function freshEncoder(settings: Pick<PretrainSettings, 'encoder' | 'seed'>, { channels }: Pick<ImageDataset, 'channels'>): ResidualEncoder {
  return buildEncoder(settings.encoder, { channels, random: random(settings.seed).fork('weights', 'encoder') });
}

function buildViews(settings: PretrainSettings, dataset: ImageDataset, count: number): Views<ImageBatch> {
  const { size: output, channels } = encoderInputOf(settings, dataset);
  const each = viewsOf(settings.views);
  // one description serves all views; several are one per view
  const list = each.length === 1 ? Array.from({ length: count }, () => each[0]!) : each;
  return imageViews(list.map((view) => viewPipeline(view, { output, channels })));
}
