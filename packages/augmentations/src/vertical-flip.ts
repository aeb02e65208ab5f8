/** Top and bottom exchanged. */
import { tensor3d, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation, ImageSize } from './augmentation.js';
import { checkBatch, checkProbability } from './checks.js';
import type { FlipRecord } from './horizontal-flip.js';
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

  const separable = (records: readonly FlipRecord[], { height }: ImageSize): SeparableMaps => {
    const rows = new Float32Array(records.length * height * height);
    records.forEach(({ flipped }, i) => {
      for (let to = 0; to < height; to++) rows[(i * height + to) * height + (flipped ? height - 1 - to : to)] = 1;
    });
    return { rows: tensor3d(rows, [records.length, height, height]), moves: true };
  };

  return {
    name: 'verticalFlip',
    draw: (random) => ({ flipped: random.chance(probability) }),
    apply(images, records) {
      checkBatch('verticalFlip', images, records);
      const size = { height: images.shape[1], width: images.shape[2] };
      return tidy(() => applySeparable(images, separable(records, size)));
    },
    separable,
  };
}
