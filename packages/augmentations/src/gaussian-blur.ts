/** Gaussian blur of a strength drawn for each image. */
import { ArgumentError } from '@kindred/core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { type AxisMap, axisMatrices } from './axis-map.js';
import { type BlurEdges, blurMap } from './blur-map.js';
import { checkProbability, checkRange } from './checks.js';
import { defineAugmentation } from './define-augmentation.js';

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
  /** What is taken beyond the image: its mirror (the default), or black as in SimCLR's and BYOL's code, which darkens the edges. */
  readonly edges?: BlurEdges | undefined;
}

/** What `gaussianBlur` draws for an image. */
export interface BlurRecord {
  /** σ in pixels; 0 if the image is left as it is. */
  readonly sigmaPixels: number;
}

/**
 * Blurs some of the images, each with its own σ, mirrored at the edges (without the edge pixel) as in torchvision, unless
 * `edges` says otherwise.
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
export function gaussianBlur({ probability, sigmaPixels, kernel, edges = 'mirror' }: GaussianBlurOptions): Augmentation<BlurRecord> {
  checkProbability('gaussianBlur.probability', probability);
  checkRange('gaussianBlur.sigmaPixels', sigmaPixels);
  if (kernel !== undefined && !(Number.isSafeInteger(kernel) && kernel >= 1 && kernel % 2 === 1)) {
    throw new ArgumentError('gaussianBlur.kernel', 'an odd whole number', kernel, 'It spans as many pixels to both sides.');
  }

  const mapOf = (length: number, sigma: number): AxisMap =>
    blurMap(length, sigma, kernel === undefined ? Math.ceil(3 * sigma) : (kernel - 1) / 2, edges);
  return defineAugmentation({
    name: 'gaussianBlur',
    draw: (random) => ({ sigmaPixels: random.chance(probability) ? random.uniform(...sigmaPixels) : 0 }),
    change(canvas, { sigmaPixels: sigma }: BlurRecord) {
      if (sigma === 0) return;
      const rows = mapOf(canvas.height, sigma);
      canvas.map({ rows, columns: canvas.height === canvas.width ? rows : mapOf(canvas.width, sigma) });
    },
    separable(records: readonly BlurRecord[], { height, width }) {
      const matrices = (length: number): Tensor3D => axisMatrices(records.map(({ sigmaPixels: sigma }) => mapOf(length, sigma)));
      const rows = matrices(height);
      return { rows, columns: height === width ? rows.clone() : matrices(width) };
    },
  });
}
