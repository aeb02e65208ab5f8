/** The views of a batch: drawn by sample, applied together. */
import { ArgumentError, checkWhole, type MixedImages, random, ShapeError } from '@kindred/core';
import { type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { imagesOnBackend } from './bytes-to-images.js';
import { checkBytes } from './checks.js';
import type { ImageSize, PixelImages } from './images.js';
import { valuesInMemory } from './in-memory.js';
import { onBackend } from './on-backend.js';

/** What names the draws of a batch. */
export interface DrawOptions {
  /** The run's seed. */
  readonly seed: number;
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The samples' numbers in their dataset, in the order of the batch. */
  readonly sampleIds: Int32Array | readonly number[];
  /** The size of the images that the views will be made of, or the size of each. */
  readonly size: ImageSize | readonly ImageSize[];
}

/**
 * Draws the parameters of each view of each sample. View v of sample s in epoch e draws from the stream
 * `random(seed).fork('view', v, e, s)` and from no other: it is the same whatever batch s is in, at whatever place, and
 * however many workers draw.
 *
 * @param pipelines One for each view; the same one twice gives two different views.
 * @returns `records[view][sample]`: plain JSON.
 * @throws ArgumentError for a seed, epoch or sample id that is not a whole number of 0 or more, or sizes of another number
 *   than samples.
 *
 * @example
 * const flip = horizontalFlip({ probability: 0.5 });
 * const size = { height: 32, width: 32 };
 * const [first] = drawViews([flip, flip], { seed: 1, epoch: 0, sampleIds: [10, 11, 12], size });
 * const [again] = drawViews([flip, flip], { seed: 1, epoch: 0, sampleIds: [12, 10], size });
 * JSON.stringify([first![2], first![0]]) === JSON.stringify(again); // => true
 */
export function drawViews(
  pipelines: readonly Augmentation[],
  { seed, epoch, sampleIds, size }: DrawOptions,
): unknown[][] {
  checkWhole('drawViews.epoch', epoch, 0);
  if (!('height' in size) && size.length !== sampleIds.length) throw new ArgumentError('drawViews.size.length', `${sampleIds.length}, one for each sample`, size.length);
  return pipelines.map((pipeline, view) => {
    const stream = random(seed).fork('view', view, epoch);
    return Array.from(sampleIds, (id, i) => pipeline.draw(stream.fork(id), 'height' in size ? size : size[i]!));
  });
}

/**
 * Applies the views to a batch.
 *
 * @param images `[N, H, W, C]` in 0..1; or pixels that are on no backend, as a dataset reads them, which is faster where values
 *   are in this process's memory: of large images only what a crop needs is read. Images of several sizes need a crop first.
 * @param records `[view][sample]`, of `drawViews` or read back from JSON.
 * @returns One tensor for each view, `[N, h, w, C]`. They are the caller's.
 * @throws ShapeError unless there are records for each view. ArgumentError if the number of bytes is not that of the shape.
 *
 * @example
 * const flip = horizontalFlip({ probability: 0.5 });
 * const images = tf.tensor4d([1, 2], [1, 1, 2, 1]);
 * const views = applyViews([flip, flip], images, [[{ flipped: true }], [{ flipped: false }]]);
 * views.map((view) => view.arraySync()); // => [[[[[2], [1]]]], [[[[1], [2]]]]]
 */
export function applyViews(
  pipelines: readonly Augmentation[],
  images: Tensor4D | PixelImages | MixedImages,
  records: readonly (readonly unknown[])[],
): Tensor4D[] {
  if (records.length !== pipelines.length) {
    throw new ShapeError('applyViews', `received records of ${records.length} views for ${pipelines.length} pipelines.`, {
      remedy: 'Draw them with the same pipelines.',
    });
  }
  if ('pixels' in images) checkBytes('applyViews.images', images.pixels, images.shape);
  if ('images' in images) images.images.forEach(({ pixels, shape }, i) => checkBytes(`applyViews.images[${i}]`, pixels, shape));
  return tidy(() => {
    // read once for all views; where values are not in memory, images are brought to the backend once
    const outside = 'pixels' in images || 'images' in images;
    const source = outside || !valuesInMemory() ? images : { pixels: images.dataSync<'float32'>(), shape: images.shape };
    let tensor = outside ? undefined : images;
    return pipelines.map((pipeline, view) => {
      const own = records[view]!;
      if (pipeline.applyToPixels !== undefined && ('pixels' in source || 'images' in source)) return pipeline.applyToPixels(source, own);
      if ('images' in source) return onBackend(source, own, (one, record) => pipeline.apply(one, record));
      tensor ??= imagesOnBackend(source as PixelImages);
      return pipeline.apply(tensor, own);
    });
  });
}
