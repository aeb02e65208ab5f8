/** Bright values turned dark. */
import { ArgumentError } from '@kindred/core';
import { greaterEqual, reshape, sub, type Tensor2D, tensor2d, type Tensor4D, tidy, where } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { checkProbability } from './checks.js';
import { defineAugmentation } from './define-augmentation.js';

/** Options of `solarize`. */
export interface SolarizeOptions {
  /** Of each image to be solarised, 0..1. */
  readonly probability: number;
  /** From this value on, 0..1. BYOL: 0.5. PIL's 128 of 255 is 128 / 255. */
  readonly threshold: number;
}

/** What `solarize` draws for an image. */
export interface SolarizeRecord {
  readonly solarized: boolean;
}

/**
 * Replaces each value x of `threshold` or more by 1 − x, in some of the images, as torchvision does.
 *
 * @throws ArgumentError for an option out of range.
 *
 * @see Grill et al. 2020, BYOL, appendix B
 *
 * @example
 * const solar = solarize({ probability: 0.2, threshold: 0.5 });
 * solar.apply(tf.tensor4d([0.25, 0.5, 1], [1, 1, 3, 1]), [{ solarized: true }]).arraySync(); // => [[[[0.25], [0.5], [0]]]]
 */
export function solarize({ probability, threshold }: SolarizeOptions): Augmentation<SolarizeRecord> {
  checkProbability('solarize.probability', probability);
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new ArgumentError('solarize.threshold', 'a value of 0..1', threshold, 'A byte is divided by 255.');
  }

  return defineAugmentation({
    name: 'solarize',
    draw: (random) => ({ solarized: random.chance(probability) }),
    change(canvas, { solarized }: SolarizeRecord) {
      if (solarized) canvas.solarize(threshold);
    },
    tensors: (images, records) => solarizeByTensors(images, records, threshold),
  });
}

/** The same in tensor operations, for values on a GPU. */
export function solarizeByTensors(images: Tensor4D, records: readonly SolarizeRecord[], threshold: number): Tensor4D {
  if (!records.some(({ solarized }) => solarized)) return images.clone();
  return tidy(() => {
    const n = records.length;
    const flat: Tensor2D = reshape(images, [n, images.size / n]);
    // no value is as large as infinity: one operation for all images, changed or not
    const from = tensor2d(records.map(({ solarized }) => (solarized ? threshold : Infinity)), [n, 1]);
    return reshape(where(greaterEqual(flat, from), sub(1, flat), flat), images.shape);
  });
}
