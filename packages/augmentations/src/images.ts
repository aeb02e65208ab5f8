/** Images as plain data: sizes, parts, and pixels that are on no backend. */
import type { MixedImages } from '@kindred/core';

/** Height and width of an image, in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** Size and channels of an image. */
export interface ImageShape extends ImageSize {
  readonly channels: number;
}

/** A part of an image, in whole pixels. */
export interface CropBox {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A batch of images outside of any backend. `UniformImages` of core are such. */
export interface PixelImages {
  /** Row-major: bytes of 0..255, or numbers of 0..1. */
  readonly pixels: Uint8Array | Float32Array;
  /** `[N, H, W, C]`. */
  readonly shape: readonly [number, number, number, number];
}

/** The size of all images, or of each. */
export function sizesOf(images: PixelImages | MixedImages): ImageSize | readonly ImageSize[] {
  if ('pixels' in images) return { height: images.shape[1], width: images.shape[2] };
  return images.images.map(({ shape: [height, width] }) => ({ height, width }));
}
