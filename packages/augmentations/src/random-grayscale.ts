/** Colours taken away. */
import { matMul, reshape, type Tensor3D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { checkProbability } from './checks.js';
import { type ColorChange, colorMatrices, unchanged } from './color-matrices.js';
import { defineAugmentation } from './define-augmentation.js';

/** Options of `randomGrayscale`. */
export interface RandomGrayscaleOptions {
  /** Of each image to become grey, 0..1. */
  readonly probability: number;
}

/** What `randomGrayscale` draws for an image. */
export interface GrayscaleRecord {
  readonly gray: boolean;
}

const toGray: ColorChange = { ...unchanged, own: 0, gray: 1 };

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
  return defineAugmentation({
    name: 'randomGrayscale',
    channels: [1, 3],
    draw: (random) => ({ gray: random.chance(probability) }),
    change(canvas, { gray }: GrayscaleRecord) {
      if (gray && canvas.channels === 3) canvas.blend(toGray, false);
    },
    tensors: grayByTensors,
  });
}

/** The same in tensor operations, for values on a GPU. */
export function grayByTensors(images: Tensor4D, records: readonly GrayscaleRecord[]): Tensor4D {
  return tidy(() => {
    const [n, height, width, channels] = images.shape;
    if (channels === 1) return images.clone();
    const pixels: Tensor3D = reshape(images, [n, height * width, channels]);
    const matrices = colorMatrices(records.map(({ gray }) => (gray ? toGray : unchanged)), channels);
    return reshape(matMul(pixels, matrices), images.shape);
  });
}
