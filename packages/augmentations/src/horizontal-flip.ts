/** Left and right exchanged. */
import { tidy } from '@tensorflow/tfjs-core';
import type { Augmentation, ImageSize } from './augmentation.js';
import { axisMatrices, movedMap } from './axis-map.js';
import type { Canvas } from './canvas.js';
import { checkBatch, checkProbability } from './checks.js';
import { canvasRunner } from './in-memory.js';
import { applySeparable, type SeparableMaps } from './separable.js';

/** Options of `horizontalFlip`. */
export interface HorizontalFlipOptions {
  /** Of each image to be flipped, 0..1. */
  readonly probability: number;
}

/** What `horizontalFlip` and `verticalFlip` draw for an image. */
export interface FlipRecord {
  readonly flipped: boolean;
}

/**
 * Mirrors some of the images, left to right. After a crop, `compose` folds it into the crop's own matrices: it then costs
 * next to nothing and gives the same pixels.
 *
 * @throws ArgumentError for a probability outside of 0..1.
 *
 * @example
 * const flip = horizontalFlip({ probability: 0.5 });
 * flip.apply(tf.tensor4d([1, 2, 3], [1, 1, 3, 1]), [{ flipped: true }]).arraySync(); // => [[[[3], [2], [1]]]]
 */
export function horizontalFlip({ probability }: HorizontalFlipOptions): Augmentation<FlipRecord> {
  checkProbability('horizontalFlip.probability', probability);

  const onCanvas = canvasRunner();
  const change = (canvas: Canvas, { flipped }: FlipRecord): void => {
    if (flipped) canvas.flip('columns');
  };
  const separable = (records: readonly FlipRecord[], { width }: ImageSize): SeparableMaps => ({
    columns: axisMatrices(records.map(({ flipped }) => movedMap(width, flipped))),
    moves: true,
  });

  return {
    name: 'horizontalFlip',
    draw: (random) => ({ flipped: random.chance(probability) }),
    apply(images, records) {
      checkBatch('horizontalFlip', images, records);
      const size = { height: images.shape[1], width: images.shape[2] };
      return onCanvas(images, [{ change, records }]) ?? tidy(() => applySeparable(images, separable(records, size)));
    },
    separable,
    change,
  };
}
