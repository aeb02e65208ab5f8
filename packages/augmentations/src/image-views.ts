/** Augmentations as the views of a training loop. */
import type { ImageBatch } from '@kindred/core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { sizesOf } from './images.js';
import { applyViews, drawViews } from './views.js';

/** What names the draws of a batch of views. */
export interface ViewContext {
  /** The run's seed. */
  readonly seed: number;
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The samples' numbers in their dataset, in the order of the batch. */
  readonly sampleIds: Int32Array;
}

/** Views of images, as a training loop asks for them. */
export interface ImageViews {
  /** How many views of each image are made. */
  readonly count: number;
  /** The views of a batch, `[N, h, w, C]` each. They are the caller's. */
  make(batch: ImageBatch, context: ViewContext): Tensor4D[];
}

/**
 * The views that augmentations make of the images of a dataset: `drawViews`, then `applyViews`.
 *
 * @param augmentations One for each view; the same one twice gives two different views.
 *
 * @example
 * const flip = horizontalFlip({ probability: 0.5 });
 * const views = imageViews([flip, flip]);
 * const batch = { pixels: Uint8Array.of(0, 255), shape: [1, 1, 2, 1] as const };
 * views.make(batch, { seed: 1, epoch: 0, sampleIds: Int32Array.of(7) }).map(({ shape }) => shape); // => [[1, 1, 2, 1], [1, 1, 2, 1]]
 */
export function imageViews(augmentations: readonly Augmentation[]): ImageViews {
  return {
    count: augmentations.length,
    make: (batch, context) => applyViews(augmentations, batch, drawViews(augmentations, { ...context, size: sizesOf(batch) })),
  };
}
