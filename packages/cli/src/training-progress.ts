/** The bar of a training: steps, loss, what was measured, speed. */
import type { TrainOptions } from '@kindred/runs';
import { type Progress, startProgress } from './progress.js';

/** A bar that follows a training by the callbacks that `pretrainRun` and `resumeRun` take. */
export interface TrainingProgress extends Required<Pick<TrainOptions, 'onStart' | 'onMeasured' | 'onStep'>> {
  stop(): void;
}

/** Makes a bar, which appears when the training starts. `before` stands in front of it. */
export function trainingProgress(before = ''): TrainingProgress {
  let progress: Progress | undefined;
  let measured = ''; // on training images that are set aside, where the settings have a monitor
  return {
    onStart({ steps, done }) {
      progress = startProgress(`${before}{bar} {percentage}% | step {value}/{total} | loss {loss} | {measured}{speed} images/s | {eta_formatted} left`, steps, done, { loss: '-', measured, speed: '-' });
    },
    onMeasured({ values: { knn } }) {
      if (knn !== undefined) measured = `kNN ${(100 * knn).toFixed(1)} % | `;
    },
    onStep: ({ step, loss, samplesPerSecond }) => progress?.update(step, { measured, loss: loss.toFixed(3), speed: samplesPerSecond.toFixed(0) }),
    stop: () => progress?.stop(),
  };
}
