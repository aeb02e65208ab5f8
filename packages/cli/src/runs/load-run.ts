/** A run folder read back: settings and the trained encoder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { restoreNetwork } from '@kindred/backbones';
import { DataError, type Encoder, type ImageDataset, under } from '@kindred/core';
import { listCheckpoints, readCheckpoint } from '@kindred/training/node';
import { PretrainSettings } from '../settings/pretrain-settings.js';
import { checkSettings, readSettingsFile } from '../settings/read-settings.js';
import { freshEncoder } from './build-run.js';

/** What a run trained. */
export interface LoadedRun {
  readonly path: string;
  readonly settings: PretrainSettings;
  /** Steps behind the weights. */
  readonly step: number;
  readonly encoder: Encoder;
}

/** The settings of a run folder. @throws DataError, SettingsError */
export async function readRunSettings(path: string): Promise<PretrainSettings> {
  const config = join(path, 'config.json');
  if (!existsSync(config)) throw new DataError(path, 'is not the folder of a run: it has no config.json.', 'Give the folder that pretrain made.');
  return checkSettings(config, PretrainSettings, await readSettingsFile(config));
}

/**
 * Loads the encoder of a run's newest checkpoint, or of a given step, for images shaped as those of `dataset`.
 *
 * @throws DataError where the folder has no such checkpoint or it is damaged. @throws StateError where it does not fit.
 */
export async function loadRun(path: string, dataset: Pick<ImageDataset, 'imageShape'>, at?: number): Promise<LoadedRun> {
  const settings = await readRunSettings(path);
  const folder = join(path, 'checkpoints');
  const steps = await listCheckpoints(folder);
  const step = at ?? steps.at(-1);
  if (step === undefined || !steps.includes(step)) {
    throw new DataError(folder, step === undefined ? 'holds no checkpoint.' : `holds no checkpoint of step ${step}.`, steps.length > 0 ? `There are ${steps.join(', ')}.` : 'Resume the run until its first checkpoint.');
  }
  const { model } = await readCheckpoint(join(folder, `step-${step}`));
  const encoder = freshEncoder(settings, dataset);
  restoreNetwork(path, encoder, under('encoder', model));
  return { path, settings, step, encoder };
}
