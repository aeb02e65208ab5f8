/** From a batch's bytes to the views that a step trains on; and the pause between steps. */
import { imageViews } from '@kindred/augmentations';
import type { ImageBatch } from '@kindred/core';
import type { Batch } from '@kindred/datasets';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { PretrainOptions } from './pretrain.js';

/** The views of a batch in an epoch, `[N, H, W, C]` each, as the run's seed draws them. They are the caller's. */
export function batchViews({ views, seed }: PretrainOptions, epoch: number, { samples, sampleIds }: Batch<ImageBatch>): Tensor4D[] {
  // as bytes: of a large image only the box that a crop needs is read, twice as fast at 224 pixels
  return imageViews(views).make(samples, { seed, epoch, sampleIds });
}

/** Lets everything else that waits have its turn: all of a step runs in one call, and no signal or timer is heard in it. */
export const pause = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
