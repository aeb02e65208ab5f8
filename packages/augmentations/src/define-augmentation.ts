/** The wiring that every augmentation shares: checks, images in memory first, tensors elsewhere. */
import type { MixedImages, Random } from '@kindred/core';
import { type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import type { Canvas } from './canvas.js';
import { checkBatch, checkChannels } from './checks.js';
import type { ImageSize, PixelImages } from './images.js';
import { canvasRunner } from './in-memory.js';
import { onBackend } from './on-backend.js';
import { applySeparable, type SeparableMaps } from './separable.js';

/** What distinguishes one augmentation from another. */
export type AugmentationDefinition<R> = {
  /** Names the augmentation in errors, and its stream of draws within `compose`. */
  readonly name: string;
  /** The numbers of channels that it takes; any if absent. */
  readonly channels?: readonly number[] | undefined;
  /** The parameters of one image: plain JSON. */
  draw(random: Random, size: ImageSize): R;
  /** The change of one image in this process's memory: the fast way if the backend keeps its values there. */
  change?(canvas: Canvas, record: R): void;
  /** The size of the result; absent if it is that of the images. */
  outputSize?(size: ImageSize): ImageSize;
} & (
  | {
      /** The change as matrices on rows and columns. `compose` joins neighbours of this kind. */
      separable(records: readonly R[], size: ImageSize): SeparableMaps;
    }
  | {
      /** The change in tensor operations, for values on a GPU. The images have been checked. */
      tensors(images: Tensor4D, records: readonly R[]): Tensor4D;
    }
);

/**
 * An augmentation of a definition. Images and records are checked, `change` is taken wherever it can be, and tensors
 * everywhere else.
 *
 * @example
 * const invert = defineAugmentation<boolean>({
 *   name: 'invert',
 *   draw: (random) => random.chance(0.5),
 *   tensors: (images, records) => tf.tidy(() => {
 *     const signs = tf.tensor4d(records.map((inverted) => (inverted ? 1 : 0)), [records.length, 1, 1, 1]);
 *     return tf.abs(tf.sub(signs, images)) as tf.Tensor4D;
 *   }),
 * });
 * invert.apply(tf.tensor4d([0.25, 1], [2, 1, 1, 1]), [true, false]).arraySync(); // => [[[[0.75]]], [[[1]]]]
 */
export function defineAugmentation<R>(definition: AugmentationDefinition<R>): Augmentation<R> {
  const { name, channels, draw, outputSize } = definition;
  const separable = 'separable' in definition ? definition.separable : undefined;
  const tensors =
    'tensors' in definition
      ? definition.tensors
      : (images: Tensor4D, records: readonly R[]) =>
          tidy(() => applySeparable(images, definition.separable(records, { height: images.shape[1], width: images.shape[2] })));
  const onCanvas = canvasRunner();
  const change =
    definition.change &&
    ((canvas: Canvas, record: R): void => {
      if (channels !== undefined) checkChannels(name, canvas, channels);
      definition.change!(canvas, record);
    });
  const applied = (images: Tensor4D | PixelImages | MixedImages, records: readonly R[]): Tensor4D => {
    checkBatch(name, images, records, channels);
    return (change && onCanvas(images, [{ change, records }], outputSize)) ?? onBackend(images, records, tensors);
  };
  return {
    name,
    draw,
    apply: applied,
    applyToPixels: applied,
    ...(outputSize && { outputSize }),
    ...(separable && { separable }),
    ...(change && { change }),
  };
}
