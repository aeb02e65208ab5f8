/** One pre-training run, from settings to its folder. */
import { join } from 'node:path';
import type { UniformImageDataset } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { pretrain, type StepRecord } from '@kindred/training';
import { openRunFolder } from '@kindred/training/node';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import { buildRun } from './build-run.js';
import { openRunNotes } from './run-notes.js';

/** What surrounds a run. */
export interface PretrainRunOptions {
  /** The folder that holds run folders. Default: `runs`. */
  readonly root?: string;
  /** Go on in a run folder that exists. Default: false. */
  readonly resume?: boolean;
  /** Images, where they are open already; else those of the settings. */
  readonly dataset?: UniformImageDataset;
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
 * Trains and leaves `<root>/<name>/` with `config.json`, `environment.json`, `metrics.jsonl`, `neighbors.jsonl` (what was
 * taken as positives, of methods with a support set), `checkpoints/`, with `monitor` in the settings `monitor.jsonl` and
 * `best.safetensors`, and once finished `encoder.safetensors`: the backbone alone under torchvision's names and layouts.
 *
 * @throws KindredError for anything wrong with settings, data, folder or disk, before training where it can be known.
 */
export async function pretrainRun(settings: PretrainSettings, options: PretrainRunOptions = {}): Promise<PretrainRunResult> {
  const { root = 'runs', resume = false, onStart, onStep, signal } = options;
  const dataset = options.dataset ?? (await openDataset(settings.data, 'train'));
  const { method, views, optimizer, schedule, stepsPerEpoch } = buildRun(settings, dataset);
  const folder = await openRunFolder(join(root, settings.name), { settings, resume });
  try {
    const notes = await openRunNotes(folder, settings, { method, dataset, stepsPerEpoch });
    await notes.start();
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
        await notes.step(record);
        onStep?.(record);
      },
    });
    const seconds = (performance.now() - started) / 1000;
    await notes.end(seconds, finished);
    return { path: folder.path, step, finished, seconds };
  } finally {
    await folder.close();
  }
}
