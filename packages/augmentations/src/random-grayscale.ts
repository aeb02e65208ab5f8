/** Colours taken away. */
import { matMul, reshape, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation, ImageShape } from './augmentation.js';
import { checkBatch, checkProbability } from './checks.js';
import { colorMatrices, grayWeights, unchanged } from './color-matrices.js';
import { changeInMemory, valuesInMemory } from './in-memory.js';

/** Options of `randomGrayscale`. */
export interface RandomGrayscaleOptions {
  /** Of each image to become grey, 0..1. */
  readonly probability: number;
}

/** What `randomGrayscale` draws for an image. */
export interface GrayscaleRecord {
  readonly gray: boolean;
}

const toGray = { own: 0, gray: 1 };
const [RED, GREEN, BLUE] = grayWeights;

/**
 * Replaces the colours of some images by their grey, in all channels: 0.2989 red + 0.587 green + 0.114 blue, as
 * torchvision does. An image of one channel stays as it is.
 *
 * @throws ArgumentError for a probability outside of 0..1.
 *
 * @example
 * const grayscale = randomGrayscale({ probability: 0.2 });
 * const green = tf.tensor4d([0, 1, 0], [1, 1, 1, 3]);
 * grayscale.apply(green, [{ gray: true }]).arraySync(); // => [[[[0.587, 0.587, 0.587]]]]
 */
export function randomGrayscale({ probability }: RandomGrayscaleOptions): Augmentation<GrayscaleRecord> {
  checkProbability('randomGrayscale.probability', probability);

  const change = (image: Float32Array, { gray }: GrayscaleRecord, { channels }: ImageShape): void => {
    if (!gray || channels === 1) return;
    for (let i = 0; i < image.length; i += 3) {
      const value = RED * image[i]! + GREEN * image[i + 1]! + BLUE * image[i + 2]!;
      image[i] = value;
      image[i + 1] = value;
      image[i + 2] = value;
    }
  };

  return {
    name: 'randomGrayscale',
    draw: (random) => ({ gray: random.chance(probability) }),
    apply(images, records) {
      checkBatch('randomGrayscale', images, records, [1, 3]);
      if (valuesInMemory()) return changeInMemory(images, [{ change, records }]);
      return tidy(() => {
        const [n, height, width, channels] = images.shape;
        if (channels === 1) return images.clone();
        const pixels: Tensor3D = reshape(images, [n, height * width, channels]);
        const matrices = colorMatrices(records.map(({ gray }) => (gray ? toGray : unchanged)), channels);
        return reshape(matMul(pixels, matrices), images.shape);
      });
    },
    change,
  };
}
