/** Batches of images, one by one. */
import type { ImageBatch, ImagePixels } from './contracts/dataset.js';

/**
 * The images of a batch, one by one. Their pixels are views of the batch: nothing is copied.
 *
 * @example
 * imagesOf({ pixels: Uint8Array.of(1, 2, 3, 4), shape: [2, 1, 2, 1] })[1]!.pixels; // => Uint8Array.of(3, 4)
 */
export function imagesOf(batch: ImageBatch): readonly ImagePixels[] {
  if ('images' in batch) return batch.images;
  const [count, ...shape] = batch.shape;
  const length = shape[0] * shape[1] * shape[2];
  return Array.from({ length: count }, (_, i) => ({ pixels: batch.pixels.subarray(i * length, (i + 1) * length), shape }));
}
