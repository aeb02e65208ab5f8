/** Trains the runs of an experiment that are not there yet. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PretrainSettings } from '@kindred/runs';
import { startProgress } from '@kindred/cli';
import { pretrainRun } from '@kindred/runs';
import type { UniformImageDataset } from '@kindred/core';

/** Where runs are, and how training is stopped. */
export interface TrainOptions {
  readonly root: string;
  readonly dataset: UniformImageDataset;
  readonly signal: AbortSignal;
}

/** Trains a run to its end: from the start, from where it was stopped, or not at all where it is finished. */
export async function train(settings: PretrainSettings, { root, dataset, signal }: TrainOptions): Promise<string> {
  const path = join(root, settings.name);
  if (existsSync(join(path, 'encoder.safetensors'))) return path;
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    const { finished } = await pretrainRun(settings, {
      root,
      dataset,
      signal,
      resume: existsSync(join(path, 'config.json')),
      onStart: ({ steps, done }) => {
        progress = startProgress(`${settings.name} {bar} {percentage}% | loss {loss} | {speed} images/s | {eta_formatted} left`, steps, done, { loss: '-', speed: '-' });
      },
      onStep: ({ step, loss, imagesPerSecond }) => progress?.update(step, { loss: loss.toFixed(3), speed: imagesPerSecond.toFixed(0) }),
    });
    if (!finished) throw new Error('stopped; the same command goes on');
  } finally {
    progress?.stop();
  }
  return path;
}
