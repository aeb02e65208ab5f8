/** One pre-training run, from settings to its folder. */
import { join } from 'node:path';
import { exportTorch, networkState } from '@kindred/backbones';
import { encodeSafetensors, type ImageDataset } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { pretrain, type StepRecord } from '@kindred/training';
import { openRunFolder } from '@kindred/training/node';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import { buildRun } from './build-run.js';

/** What surrounds a run. */
export interface PretrainRunOptions {
  /** The folder that holds run folders. Default: `runs`. */
  readonly root?: string;
  /** Go on in a run folder that exists. Default: false. */
  readonly resume?: boolean;
  /** Images, where they are open already; else those of the settings. */
  readonly dataset?: ImageDataset;
  /** Called before the first step. */
  readonly onStart?: (facts: { readonly steps: number; readonly done: number; readonly batchSize: number }) => void;
  readonly onStep?: (record: StepRecord) => void;
  /** Ends the run after the running step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** How a run ended. */
export interface PretrainRunResult {
  /** The run's folder. */
  readonly path: string;
  readonly step: number;
  /** False where the signal ended it. */
  readonly finished: boolean;
  /** Seconds of training, set-up apart. */
  readonly seconds: number;
}

/**
 * Trains and leaves `<root>/<name>/` with `config.json`, `metrics.jsonl`, `checkpoints/` and, once finished,
 * `encoder.safetensors`: the backbone alone under torchvision's names and layouts.
 *
 * @throws KindredError for anything wrong with settings, data, folder or disk, before training where it can be known.
 */
export async function pretrainRun(settings: PretrainSettings, options: PretrainRunOptions = {}): Promise<PretrainRunResult> {
  const { root = 'runs', resume = false, onStart, onStep, signal } = options;
  const dataset = options.dataset ?? (await openDataset(settings.data, 'train'));
  const { method, views, optimizer, schedule, stepsPerEpoch } = buildRun(settings, dataset);
  const folder = await openRunFolder(join(root, settings.name), { settings, resume });
  try {
    onStart?.({ steps: stepsPerEpoch * settings.epochs, done: folder.resumeFrom?.step ?? 0, batchSize: settings.batchSize });
    const started = performance.now();
    const { step, finished } = await pretrain({
      method,
      dataset,
      views,
      optimizer,
      schedule,
      batchSize: settings.batchSize,
      epochs: settings.epochs,
      seed: settings.seed,
      ...(folder.resumeFrom && { resumeFrom: folder.resumeFrom }),
      ...(settings.chunkSize !== undefined && { chunkSize: settings.chunkSize }),
      ...(settings.accumulate !== undefined && { accumulate: settings.accumulate }),
      ...(settings.checkpointEvery !== undefined && { checkpointEvery: settings.checkpointEvery }),
      ...(signal && { signal }),
      onCheckpoint: (checkpoint) => folder.save(checkpoint),
      async onStep(record) {
        await folder.log(record);
        onStep?.(record);
      },
    });
    const seconds = (performance.now() - started) / 1000;
    if (finished) {
      const weights = exportTorch(networkState(method.encoder));
      await folder.write('encoder.safetensors', encodeSafetensors(weights, { format: 'pt', run: settings.name }));
    }
    return { path: folder.path, step, finished, seconds };
  } finally {
    await folder.close();
  }
}
