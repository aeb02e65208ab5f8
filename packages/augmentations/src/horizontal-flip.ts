/** Left and right exchanged. */
import type { Augmentation } from './augmentation.js';
import { axisMatrices, movedMap } from './axis-map.js';
import { checkProbability } from './checks.js';
import { defineAugmentation } from './define-augmentation.js';

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

  return defineAugmentation({
    name: 'horizontalFlip',
    draw: (random) => ({ flipped: random.chance(probability) }),
    change(canvas, { flipped }: FlipRecord) {
      if (flipped) canvas.flip('columns');
    },
    separable: (records: readonly FlipRecord[], { width }) => ({
      columns: axisMatrices(records.map(({ flipped }) => movedMap(width, flipped))),
      moves: true,
    }),
  });
}
