/** Images as an encoder expects them outside of training: nothing is drawn. */
import { checkEncoderInput, type EncoderInput, type ImageBatch } from '@kindred/core';
import { matMul, reshape, type Tensor4D, tensor2d, tidy, tile } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { type AxisMap, axisMatrices } from './axis-map.js';
import { defineAugmentation } from './define-augmentation.js';
import type { ImageSize } from './images.js';
import { normalize } from './normalize.js';
import { resizeMap } from './resize-map.js';

/** Red, green and blue in the brightness that grey stands for: ITU-R BT.601. */
const luma = [0.299, 0.587, 0.114];

/**
 * What turns images into the input of an encoder: resized and cut as `input` says, grey repeated or colours made grey where
 * the encoder takes the other, normalised. Bytes become numbers in 0..1 first. Sizes and cuts are torchvision's `Resize` of
 * the shorter side and `CenterCrop`, the filter PIL's.
 *
 * @param input See `EncoderInput`.
 * @returns A function of images as a dataset reads them, of one size or several, to `[N, H, W, C]`. The tensor is the caller's.
 * @throws DataError for an input out of range.
 *
 * @example
 * const input = imageInput({ size: [1, 1], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 });
 * input({ pixels: Uint8Array.of(0, 51, 102), shape: [1, 1, 3, 1] }).arraySync(); // => [[[[0.2, 0.2, 0.2]]]]
 */
export function imageInput(input: EncoderInput): (images: ImageBatch) => Tensor4D {
  const { channels, mean, deviation } = checkEncoderInput('imageInput', input);
  const resize = centered(input);
  const normal =
    mean === undefined && deviation === undefined
      ? undefined
      : normalize({ mean: mean ?? Array<number>(channels).fill(0), deviation: deviation ?? Array<number>(channels).fill(1) });
  return (images) => {
    const count = 'images' in images ? images.images.length : images.shape[0];
    const nothing = Array<null>(count).fill(null);
    return tidy(() => {
      const sized = withChannels(resize.applyToPixels!(images, nothing), channels);
      return normal === undefined ? sized : normal.apply(sized, nothing);
    });
  };
}

/** Resizes, and cuts the centre out. */
function centered({ size: [height, width], interpolation, fit, cropShare }: EncoderInput): Augmentation<null> {
  const maps = (from: ImageSize): { rows?: AxisMap; columns?: AxisMap } => {
    const whole = fit === 'fill' ? { height, width } : covering(from, { height, width }, cropShare);
    const axis = (source: number, resized: number, kept: number): AxisMap | undefined => {
      if (source === kept && resized === kept) return undefined;
      const { taps, starts, weights } = resizeMap({ from: source, start: 0, length: source, to: resized }, interpolation, true);
      const first = halfEven((resized - kept) / 2);
      return { from: source, to: kept, taps, starts: starts.slice(first, first + kept), weights: weights.slice(first * taps, (first + kept) * taps) };
    };
    const [rows, columns] = [axis(from.height, whole.height, height), axis(from.width, whole.width, width)];
    return { ...(rows && { rows }), ...(columns && { columns }) };
  };
  const clip = interpolation === 'bicubic';
  return defineAugmentation<null>({
    name: 'imageInput',
    channels: [1, 3],
    draw: () => null,
    change: (canvas) => canvas.map(maps(canvas), clip),
    separable(records, size) {
      const { rows, columns } = maps(size);
      const each = (map: AxisMap | undefined): ReturnType<typeof axisMatrices> | undefined => map && axisMatrices(records.map(() => map));
      return { rows: each(rows), columns: each(columns), clip };
    },
    outputSize: () => ({ height, width }),
  });
}

/** The size to which an image is brought so that `kept` is `share` of it along the side that limits: as `Resize(256)` does. */
function covering(from: ImageSize, kept: ImageSize, share: number): ImageSize {
  if (kept.height * from.width >= kept.width * from.height) {
    const height = Math.round(kept.height / share);
    return { height, width: Math.max(kept.width, Math.trunc((height * from.width) / from.height)) };
  }
  const width = Math.round(kept.width / share);
  return { width, height: Math.max(kept.height, Math.trunc((width * from.height) / from.width)) };
}

/** Rounds halves to the even neighbour, as Python does. */
function halfEven(value: number): number {
  const rounded = Math.round(value);
  return value % 1 === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

/** Grey repeated in three channels, or the luma of three. */
function withChannels(images: Tensor4D, channels: number): Tensor4D {
  const [count, height, width, own] = images.shape;
  if (own === channels) return images;
  if (own === 1) return tile(images, [1, 1, 1, channels]);
  return reshape(matMul(reshape(images, [count * height * width, own]), tensor2d(luma, [own, 1])), [count, height, width, 1]);
}
