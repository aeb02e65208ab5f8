/** Checks that the operations share: options when they are made, images and records when they are applied. */
import { ArgumentError, type MixedImages, ShapeError } from '@kindred/core';
import type { ImageShape, ImageSize } from './images.js';

/** @throws ArgumentError unless `value` is in 0..1. */
export function checkProbability(where: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new ArgumentError(where, 'a probability of 0..1', value);
}

/** @throws ArgumentError unless `0 < min ≤ max ≤ most`. */
export function checkRange(where: string, range: readonly [number, number], most = Infinity): void {
  const [min, max] = range;
  if (!(min > 0 && min <= max && max <= most && Number.isFinite(max))) {
    const bound = most === Infinity ? '' : ` and at most ${most}`;
    throw new ArgumentError(where, `[min, max] above 0${bound}, min not above max`, range);
  }
}

const colours = 'Colours are red, green, blue in this order, grey images have one channel.';

/** @throws ShapeError unless an image has one of the `channels`. */
export function checkChannels(where: string, { height, width, channels }: ImageShape, allowed: readonly number[]): void {
  if (allowed.includes(channels)) return;
  throw new ShapeError(where, `an image is [${height}, ${width}, ${channels}], expected ${allowed.join(' or ')} channels.`, {
    received: channels,
    remedy: colours,
  });
}

/** @throws ShapeError unless `images` are `[N, H, W, C]`, or each `[H, W, C]`, with one record each and one of the `channels`. */
export function checkBatch(
  where: string,
  images: { readonly shape: readonly number[] } | MixedImages,
  records: readonly unknown[],
  channels?: readonly number[],
): void {
  const mixed = 'images' in images;
  if (!mixed && images.shape.length !== 4) {
    throw new ShapeError(where, `images is [${images.shape.join(', ')}], expected [N, H, W, C].`, {
      received: images.shape,
      remedy: 'A single image needs a first axis of length 1.',
    });
  }
  const count = mixed ? images.images.length : images.shape[0];
  if (records.length !== count) {
    throw new ShapeError(where, `received ${records.length} records for ${count} images, expected one for each.`, {
      received: records.length,
      remedy: 'Draw once for each image.',
    });
  }
  if (mixed) {
    for (const { shape: [height, width, depth] } of images.images) checkChannels(where, { height, width, channels: depth }, channels ?? [images.images[0]!.shape[2]]);
  } else if (channels !== undefined && !channels.includes(images.shape[3]!)) {
    throw new ShapeError(where, `images is [${images.shape.join(', ')}], expected ${channels.join(' or ')} channels.`, {
      received: images.shape,
      remedy: colours,
    });
  }
}

/** @throws ShapeError unless all images have one size after what was done to them; that size. */
export function checkOneSize(sizes: readonly ImageSize[]): ImageSize {
  const [first = { height: 1, width: 1 }] = sizes;
  const other = sizes.findIndex(({ height, width }) => height !== first.height || width !== first.width);
  if (other === -1) return first;
  const { height, width } = sizes[other]!;
  throw new ShapeError('applyViews', `images keep several sizes: image 0 is ${first.height} by ${first.width}, image ${other} ${height} by ${width}.`, {
    remedy: 'Begin the view with a crop, which brings them to one.',
  });
}

/** @throws ArgumentError unless there are as many values as the shape has. */
export function checkBytes(where: string, bytes: Uint8Array | Float32Array, shape: readonly number[]): void {
  const length = shape.reduce((product, axis) => product * axis, 1);
  if (bytes.length !== length) throw new ArgumentError(where, `${length} ${bytes instanceof Uint8Array ? 'bytes' : 'numbers'} for [${shape.join(', ')}]`, bytes.length);
}
