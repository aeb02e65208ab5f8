/** Top and bottom exchanged. */
import type { Augmentation } from './augmentation.js';
import { axisMatrices, movedMap } from './axis-map.js';
import { checkProbability } from './checks.js';
import { defineAugmentation } from './define-augmentation.js';
import type { FlipRecord } from './horizontal-flip.js';

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

  return defineAugmentation({
    name: 'verticalFlip',
    draw: (random) => ({ flipped: random.chance(probability) }),
    change(canvas, { flipped }: FlipRecord) {
      if (flipped) canvas.flip('rows');
    },
    separable: (records: readonly FlipRecord[], { height }) => ({
      rows: axisMatrices(records.map(({ flipped }) => movedMap(height, flipped))),
      moves: true,
    }),
  });
}
