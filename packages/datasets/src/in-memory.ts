/** A dataset over bytes that are already in memory. */
import { ArgumentError, digest, type UniformImageDataset } from '@kindred/core';
import { checkImageShape, checkIndices } from './checks.js';

export interface InMemoryOptions {
  /** Short and stable, `digits/train`. */
  readonly name: string;
  /** `[N, H, W, C]`, row-major, 0..255. Kept, not copied. */
  readonly images: Uint8Array;
  /** `[H, W, C]` of every image. */
  readonly imageShape: readonly [height: number, width: number, channels: number];
  /** The class of every image, −1 where unknown. */
  readonly labels?: Int32Array | undefined;
  /** Names of the classes, by their number. */
  readonly classes?: readonly string[] | undefined;
}

/**
 * A dataset of images in memory.
 *
 * @throws ArgumentError if the bytes are not a whole number of images, or a label is none of the classes.
 *
 * @example
 * const dataset = inMemoryDataset({ name: 'two', images: Uint8Array.of(1, 2, 3, 4), imageShape: [1, 2, 1] });
 * (await dataset.read(Int32Array.of(1))).pixels; // => Uint8Array.of(3, 4)
 */
export function inMemoryDataset({ name, images, imageShape, labels, classes }: InMemoryOptions): UniformImageDataset {
  checkImageShape('inMemoryDataset.imageShape', imageShape);
  const [height, width, channels] = imageShape;
  const bytes = height * width * channels;
  const size = images.length / bytes;
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new ArgumentError(
      'inMemoryDataset.images.length',
      `a multiple of ${height}·${width}·${channels} = ${bytes}`,
      images.length,
      'Check imageShape.',
    );
  }
  if (labels !== undefined) checkLabels(labels, size, classes);
  let fingerprint: string | undefined;
  return {
    name,
    size,
    channels,
    imageShape: [height, width, channels],
    ...(labels && { labels }),
    ...(classes && { classes }),
    // when it is first asked for: 150 MB take a fifth of a second
    get fingerprint() {
      return (fingerprint ??= digest([height, width, channels, images, labels ?? '', ...(classes ?? [])]));
    },
    async read(indices) {
      checkIndices(`${name}.read.indices`, indices, size);
      const pixels = new Uint8Array(indices.length * bytes);
      indices.forEach((index, row) => pixels.set(images.subarray(index * bytes, (index + 1) * bytes), row * bytes));
      return { pixels, shape: [indices.length, height, width, channels] };
    },
  };
}

function checkLabels(labels: Int32Array, size: number, classes: readonly string[] | undefined): void {
  if (labels.length !== size) {
    throw new ArgumentError('inMemoryDataset.labels.length', `${size}, one for each image`, labels.length);
  }
  const end = classes?.length ?? Infinity;
  const wrong = labels.findIndex((label) => label < -1 || label >= end);
  if (wrong >= 0) {
    const expected = classes ? `a class of 0..${end - 1}, or -1 where unknown` : 'a class of 0 or more, or -1 where unknown';
    throw new ArgumentError(`inMemoryDataset.labels[${wrong}]`, expected, labels[wrong]);
  }
}
