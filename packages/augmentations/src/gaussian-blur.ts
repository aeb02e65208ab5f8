/** Gaussian blur of a strength drawn for each image. */
import { ArgumentError } from '@kindred/core';
import { tensor3d, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation, ImageSize } from './augmentation.js';
import { checkBatch, checkProbability, checkRange } from './checks.js';
import { applySeparable, type SeparableMaps } from './separable.js';

/** Options of `gaussianBlur`. */
export interface GaussianBlurOptions {
  /** Of each image to be blurred, 0..1. */
  readonly probability: number;
  /** The least and the largest σ, in pixels of the images given. SimCLR: 0.1 to 2 at 224 pixels. */
  readonly sigmaPixels: readonly [min: number, max: number];
  /**
   * How many pixels the kernel spans, odd. SimCLR takes a tenth of the image's height: 23 of 224, and only 3 of 32, which
   * cuts most of σ = 2 off. Without it the kernel spans 3σ on each side.
   */
  readonly kernel?: number | undefined;
}

/** What `gaussianBlur` draws for an image. */
export interface BlurRecord {
  /** σ in pixels; 0 where the image is left as it is. */
  readonly sigmaPixels: number;
}

/**
 * Blurs some of the images, each with its own σ, mirrored at the edges (without the edge pixel) as in torchvision. It is
 * separable: two batched matrix products.
 *
 * Google's SimCLR draws one σ for a whole batch.
 *
 * @throws ArgumentError for an option out of range.
 *
 * @see Chen et al. 2020, SimCLR, appendix A
 *
 * @example
 * const blur = gaussianBlur({ probability: 0.5, sigmaPixels: [0.1, 2], kernel: 3 });
 * const point = tf.tensor4d([0, 0, 1, 0, 0], [1, 1, 5, 1]);
 * blur.apply(point, [{ sigmaPixels: 1 }]).arraySync(); // => [[[[0], [0.2741], [0.4519], [0.2741], [0]]]]
 */
export function gaussianBlur({ probability, sigmaPixels, kernel }: GaussianBlurOptions): Augmentation<BlurRecord> {
  checkProbability('gaussianBlur.probability', probability);
  checkRange('gaussianBlur.sigmaPixels', sigmaPixels);
  if (kernel !== undefined && !(Number.isSafeInteger(kernel) && kernel >= 1 && kernel % 2 === 1)) {
    throw new ArgumentError('gaussianBlur.kernel', 'an odd whole number', kernel, 'It spans as many pixels to both sides.');
  }

  const matrices = (records: readonly BlurRecord[], length: number): Tensor3D => {
    const values = new Float32Array(records.length * length * length);
    records.forEach(({ sigmaPixels: sigma }, i) => writeBlurMatrix(values, i * length * length, length, sigma, kernel));
    return tensor3d(values, [records.length, length, length]);
  };
  const separable = (records: readonly BlurRecord[], { height, width }: ImageSize): SeparableMaps => {
    const rows = matrices(records, height);
    return { rows, columns: height === width ? rows.clone() : matrices(records, width) };
  };

  return {
    name: 'gaussianBlur',
    draw: (random) => ({ sigmaPixels: random.chance(probability) ? random.uniform(...sigmaPixels) : 0 }),
    apply(images, records) {
      checkBatch('gaussianBlur', images, records);
      const size = { height: images.shape[1], width: images.shape[2] };
      return tidy(() => applySeparable(images, separable(records, size)));
    },
    separable,
  };
}

/** Writes `[length, length]` from `offset` on: the identity where σ is 0. */
function writeBlurMatrix(
  values: Float32Array,
  offset: number,
  length: number,
  sigma: number,
  kernel: number | undefined,
): void {
  const radius = sigma === 0 ? 0 : kernel === undefined ? Math.ceil(3 * sigma) : (kernel - 1) / 2;
  const weights = new Float64Array(radius + 1);
  let sum = 0;
  for (let d = 0; d <= radius; d++) {
    weights[d] = d === 0 ? 1 : Math.exp(-0.5 * (d / sigma) ** 2);
    sum += d === 0 ? 1 : 2 * weights[d]!;
  }
  for (let to = 0; to < length; to++) {
    for (let d = -radius; d <= radius; d++) {
      const at = offset + to * length + mirrored(to + d, length);
      values[at] = values[at]! + weights[Math.abs(d)]! / sum;
    }
  }
}

/** The pixel that stands for one outside of the image. */
function mirrored(index: number, length: number): number {
  if (index >= 0 && index < length) return index;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = ((index % period) + period) % period;
  return folded < length ? folded : period - folded;
}
