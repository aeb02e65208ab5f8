/** Left and right exchanged. */
import { tensor3d, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation, ImageSize } from './augmentation.js';
import { checkBatch, checkProbability } from './checks.js';
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

  const separable = (records: readonly FlipRecord[], { width }: ImageSize): SeparableMaps => {
    const columns = new Float32Array(records.length * width * width);
    records.forEach(({ flipped }, i) => {
      for (let to = 0; to < width; to++) columns[(i * width + to) * width + (flipped ? width - 1 - to : to)] = 1;
    });
    return { columns: tensor3d(columns, [records.length, width, width]), moves: true };
  };

  return {
    name: 'horizontalFlip',
    draw: (random) => ({ flipped: random.chance(probability) }),
    apply(images, records) {
      checkBatch('horizontalFlip', images, records);
      const size = { height: images.shape[1], width: images.shape[2] };
      return tidy(() => applySeparable(images, separable(records, size)));
    },
    separable,
  };
}
