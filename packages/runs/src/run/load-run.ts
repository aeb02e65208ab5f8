/** A run folder read back: settings and the trained encoder. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { importTorch, restoreNetwork } from '@kindred/backbones';
import { checkEncoderInput, DataError, decodeSafetensors, type EncoderInput, type ImageDataset, inputOf, KindredError, type NamedTensors, under } from '@kindred/core';
import { listCheckpoints, readCheckpoint, readIdentity, type RunIdentity } from '@kindred/training/node';
import { PretrainSettings } from '../settings/pretrain-settings.js';
import { checkSettings, readSettingsFile } from '../settings/read-settings.js';
import { freshEncoder } from './build-run.js';
import { encoderInputOf } from './encoder-input.js';

/** A run folder whose settings have been read. */
export interface OpenedRun {
  readonly path: string;
  readonly settings: PretrainSettings;
  /** Its identity; absent for a run of Kindred 0.1.0. */
  readonly identity?: RunIdentity;
}

/** What a run trained. */
export interface LoadedRun extends OpenedRun {
  /** Steps behind the weights. */
  readonly step: number;
  readonly encoder: ReturnType<typeof freshEncoder>;
  /** What the encoder expects of images. */
  readonly input: EncoderInput;
}

/**
 * The settings of a run. Its name is that of its folder, whatever it was called when it began: a copy is a separate run.
 *
 * @throws DataError, SettingsError
 */
export async function readRunSettings(path: string): Promise<PretrainSettings> {
  const config = join(path, 'config.json');
  if (!existsSync(path)) throw new DataError(path, 'is not there.', 'Give the folder of a run.');
  if (!existsSync(config)) throw new DataError(path, 'is not the folder of a run: it has no config.json.', 'Give the folder that pretrain made.');
  return { ...checkSettings(config, PretrainSettings, await readSettingsFile(config)), name: basename(resolve(path)) };
}

/**
 * Reads a run's settings, once for everything that is done with it.
 *
 * @throws DataError if the folder is not a run, or its settings do not belong to this version.
 */
export async function openRun(path: string): Promise<OpenedRun> {
  try {
    const settings = await readRunSettings(path);
    const identity = await readIdentity(join(path, 'run.json'));
    return { path, settings, ...(identity && { identity }) };
  } catch (error) {
    if (!(KindredError.is(error) && error.name === 'SettingsError')) throw error;
    throw new DataError(path, 'is a run of another version of Kindred, or its settings were changed.', `Use the version that trained it.\n${error.message}`, error);
  }
}

/**
 * Loads the encoder of a run's newest checkpoint, or of a given step, for images shaped as those of `dataset`.
 *
 * @param run Its folder, or what `openRun` made of it.
 * @throws DataError if the folder has no such checkpoint or it is damaged. @throws StateError if it does not fit.
 */
export async function loadRun(run: string | OpenedRun, dataset: ForInput, at?: number): Promise<LoadedRun> {
  const { path, settings } = typeof run === 'string' ? await openRun(run) : run;
  const { step, encoder: state } = await weightsOfRun({ path, settings }, at);
  const input = await inputOfRun({ path, settings }, dataset);
  const encoder = freshEncoder(settings, input);
  restoreNetwork(path, encoder, state);
  return { path, settings, step, encoder, input };
}

/** What a run's checkpoint holds of its networks. */
export interface WeightsOfRun {
  /** Steps behind them. */
  readonly step: number;
  /** The encoder's values: what is evaluated, so their average where the settings ask for one. */
  readonly encoder: NamedTensors;
  /** All values of encoder and heads as they were trained: `encoder.conv1.weight`, `projector.0.weight`. */
  readonly model: NamedTensors;
}

/**
 * The weights of a run's newest checkpoint, or of a given step.
 *
 * @throws DataError if the folder has no such checkpoint or it is damaged.
 */
export async function weightsOfRun({ path, settings }: OpenedRun, at?: number): Promise<WeightsOfRun> {
  const step = await checkpointOf(path, at);
  const { model, state } = await readCheckpoint(join(path, 'checkpoints', `step-${step}`));
  return { step, encoder: settings.averageWeights ? under('optimizer.averageWeights.average', state) : under('encoder', model), model };
}

/** What determines the size and the channels of a run's images, if its folder does not. */
type ForInput = Pick<ImageDataset, 'name' | 'channels' | 'imageShape'>;

/** The file of a run that describes what its encoder expects. */
export const inputFile = 'encoder.json';

/** What a run's encoder expects: as its folder says, else what its settings come to with the images that it was trained on. */
const inputOfRun = async ({ path, settings }: OpenedRun, dataset: ForInput): Promise<EncoderInput> => (await statedInput(path)) ?? encoderInputOf(settings, dataset);

/** What a run's folder says of the images that its encoder expects; undefined for a run of Kindred 0.1.0. @throws DataError */
export async function statedInput(path: string): Promise<EncoderInput | undefined> {
  const file = join(path, inputFile);
  if (!existsSync(file)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new DataError(file, 'is not JSON.', 'Delete it: what it says follows from the settings.', error);
  }
  return checkEncoderInput(file, value);
}

/** The newest checkpoint's step, or the given one if it exists. @throws DataError */
export async function checkpointOf(path: string, at?: number): Promise<number> {
  const folder = join(path, 'checkpoints');
  const steps = await listCheckpoints(folder);
  const step = at ?? steps.at(-1);
  if (step === undefined || !steps.includes(step)) {
    throw new DataError(folder, step === undefined ? 'holds no checkpoint.' : `holds no checkpoint of step ${step}.`, steps.length > 0 ? `There are ${steps.join(', ')}.` : 'Resume the run until its first checkpoint.');
  }
  return step;
}

/**
 * The encoder that did best while a run was watched (`monitor` in its settings), by kNN on training images held out from the
 * vote; undefined if the run was not monitored.
 *
 * @throws DataError if the file is damaged. @throws StateError if it does not fit.
 */
export async function loadBest({ path, settings }: OpenedRun, dataset: ForInput): Promise<LoadedRun | undefined> {
  const file = join(path, 'best.safetensors');
  if (!existsSync(file)) return undefined;
  const { tensors, metadata } = decodeSafetensors(await readFile(file));
  const input = inputOf(file, metadata) ?? (await inputOfRun({ path, settings }, dataset));
  const encoder = freshEncoder(settings, input);
  importTorch(encoder, tensors);
  return { path, settings, step: Number(metadata['step']), encoder, input };
}
