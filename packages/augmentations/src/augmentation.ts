/** What an augmentation is: a draw of plain parameters for each image, and their application to a batch. */
import type { MixedImages, Random } from '@kindred/core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Canvas } from './canvas.js';
import type { ImageSize, PixelImages } from './images.js';
import type { SeparableMaps } from './separable.js';

/**
 * A random change of images in two steps. `draw` makes the parameters of one image; `apply` is a pure function of images
 * and parameters, so that a view can be shown, saved, replayed and compared with other libraries.
 *
 * @typeParam R The parameters of one image: plain JSON.
 *
 * @example
 * const flip = horizontalFlip({ probability: 1 });
 * flip.draw(random(7), { height: 32, width: 32 }); // => { flipped: true }
 */
export interface Augmentation<R = unknown> {
  /** The function that made it: `colorJitter`. */
  readonly name: string;
  /** The parameters of one image. The same stream gives the same parameters. */
  draw(random: Random, size: ImageSize): R;
  /**
   * The changed images, as a new tensor.
   *
   * @param images `[N, H, W, C]` in 0..1.
   * @param records One for each image, of `draw` or read back from JSON.
   * @throws ShapeError unless there is one record for each image.
   */
  apply(images: Tensor4D, records: readonly R[]): Tensor4D;
  /** The size of what `apply` returns; absent if it is that of the images. */
  outputSize?(size: ImageSize): ImageSize;
  /**
   * The same as matrices on rows and columns, where that is all the augmentation does: `compose` then applies neighbours
   * of this kind as one. The caller disposes them.
   */
  separable?(records: readonly R[], size: ImageSize): SeparableMaps;
  /**
   * The same on one image in this process's memory: on backends that keep values there `compose` runs neighbours of this
   * kind on an image before it takes the next.
   */
  change?(canvas: Canvas, record: R): void;
  /**
   * The same as `apply` to images that are not on a backend, without bringing them there if that can be avoided. Images of
   * several sizes must have one size afterwards.
   */
  applyToPixels?(images: PixelImages | MixedImages, records: readonly R[]): Tensor4D;
}
