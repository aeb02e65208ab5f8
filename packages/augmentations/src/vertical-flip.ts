/** Top and bottom exchanged. */
import { tidy } from '@tensorflow/tfjs-core';
import type { Augmentation, ImageSize } from './augmentation.js';
import { axisMatrices, movedMap } from './axis-map.js';
import type { Canvas } from './canvas.js';
import { checkBatch, checkProbability } from './checks.js';
import type { FlipRecord } from './horizontal-flip.js';
import { canvasRunner } from './in-memory.js';
import { applySeparable, type SeparableMaps } from './separable.js';

/** Options of `verticalFlip`. */
export interface VerticalFlipOptions {
  /** Of each image to be flipped, 0..1. */
  readonly probability: number;
}

/**
 * Mirrors some of the images, top to bottom: for images without an upright, as of cells or from above. Photographs have one,
 * and no row of `augmentationPresets` does it. After a crop it costs next to nothing, as `horizontalFlip` does.
 *
 * @throws ArgumentError for a probability outside of 0..1.
 *
 * @example
 * const flip = verticalFlip({ probability: 0.5 });
 * flip.apply(tf.tensor4d([1, 2, 3], [1, 3, 1, 1]), [{ flipped: true }]).arraySync(); // => [[[[3]], [[2]], [[1]]]]
 */
export function verticalFlip({ probability }: VerticalFlipOptions): Augmentation<FlipRecord> {
  checkProbability('verticalFlip.probability', probability);

  const onCanvas = canvasRunner();
  const change = (canvas: Canvas, { flipped }: FlipRecord): void => {
    if (flipped) canvas.flip('rows');
  };
  const separable = (records: readonly FlipRecord[], { height }: ImageSize): SeparableMaps => ({
    rows: axisMatrices(records.map(({ flipped }) => movedMap(height, flipped))),
    moves: true,
  });

  return {
    name: 'verticalFlip',
    draw: (random) => ({ flipped: random.chance(probability) }),
    apply(images, records) {
      checkBatch('verticalFlip', images, records);
      const size = { height: images.shape[1], width: images.shape[2] };
      return onCanvas(images, [{ change, records }]) ?? tidy(() => applySeparable(images, separable(records, size)));
    },
    separable,
    change,
  };
}
