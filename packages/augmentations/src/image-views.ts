/** Augmentations as the views of a training loop. */
import type { ImageBatch, Views } from '@kindred/core';
import type { Augmentation } from './augmentation.js';
import { sizesOf } from './images.js';
import { applyViews, drawViews } from './views.js';

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
export function imageViews(augmentations: readonly Augmentation[]): Views<ImageBatch> {
  return {
    count: augmentations.length,
    make: (batch, context) => applyViews(augmentations, batch, drawViews(augmentations, { ...context, size: sizesOf(batch) })),
  };
}
