/** Trains the runs of an experiment that are not there yet. */
import { startProgress } from '@kindred/cli';
import type { ImageDataset } from '@kindred/core';
import { completeRun, type PretrainSettings } from '@kindred/runs';

/** Where runs are, and how training is stopped. */
export interface TrainOptions {
  readonly root: string;
  readonly dataset: ImageDataset;
  readonly signal: AbortSignal;
}

/** Trains a run to its end: from the start, from where it was stopped, or not at all if it is finished. A run of that name with other settings is refused. */
export async function train(settings: PretrainSettings, { root, dataset, signal }: TrainOptions): Promise<string> {
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    const { path, finished } = await completeRun(settings, {
      root,
      dataset,
      signal,
      onStart: ({ steps, done }) => {
        progress = startProgress(`${settings.name} {bar} {percentage}% | loss {loss} | {speed} images/s | {eta_formatted} left`, steps, done, { loss: '-', speed: '-' });
      },
      onWarning: (text) => console.error(text),
      onStep: ({ step, loss, samplesPerSecond }) => progress?.update(step, { loss: loss.toFixed(3), speed: samplesPerSecond.toFixed(0) }),
    });
    if (!finished) throw new Error('stopped; the same command goes on');
    return path;
  } finally {
    progress?.stop();
  }
}
