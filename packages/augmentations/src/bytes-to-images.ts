/** Bytes and numbers as images. */
import { div, tensor4d, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { checkBytes } from './checks.js';
import type { PixelImages } from './images.js';

/**
 * Bytes of 0..255 as images in 0..1 (`byte / 255`). The bytes are copied: they may be written to afterwards.
 *
 * @param bytes Row-major.
 * @param shape `[N, H, W, C]`.
 * @throws ArgumentError if the number of bytes is not that of the shape.
 *
 * @example
 * bytesToImages(Uint8Array.of(0, 51, 255), [1, 1, 3, 1]).arraySync(); // => [[[[0], [0.2], [1]]]]
 */
export function bytesToImages(bytes: Uint8Array, shape: readonly [number, number, number, number]): Tensor4D {
  checkBytes('bytesToImages.bytes', bytes, shape);
  return tidy(() => div(tensor4d(new Float32Array(bytes), [...shape]), 255));
}

/** Images on the backend, of bytes or of numbers. */
export function imagesOnBackend({ pixels, shape }: PixelImages): Tensor4D {
  return pixels instanceof Uint8Array ? bytesToImages(pixels, shape) : tensor4d(pixels.slice(), [...shape]);
}
