/** Images of one dataset as an encoder trained on another expects them: its channels and its size. */
import { imageInput } from '@kindred/augmentations';
import { ArgumentError, type EncoderInput, type ImageDataset, type UniformImageDataset, valuesOf } from '@kindred/core';
import { add, floor, mul } from '@tensorflow/tfjs-core';

/** A dataset converted to another shape. */
export interface AdaptedImages {
  readonly dataset: UniformImageDataset;
  /** A description of what happens to every image, for tables; empty if nothing does. */
  readonly changes: readonly string[];
}

/**
 * A dataset whose images have the size and the channels of an encoder's input, as bytes, not normalised: for transfer, for raw
 * pixels, for pictures in reports. Grey images are repeated in three channels, colours become their luma, another size is
 * resized and cut as the input says. Bytes are rounded once.
 *
 * @throws DataError for an input out of range. ArgumentError for images that are neither grey nor in colours.
 *
 * @example
 * const grey = inMemoryDataset({ name: 'grey', images: Uint8Array.of(10, 20), imageShape: [1, 2, 1] });
 * const input = { size: [1, 2], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;
 * const { dataset, changes } = adaptImages(grey, input);
 * (await dataset.read(Int32Array.of(0))).pixels; // => Uint8Array.of(10, 10, 10, 20, 20, 20)
 * changes; // => ['grey repeated in 3 channels']
 */
export function adaptImages(dataset: ImageDataset, input: EncoderInput): AdaptedImages {
  const { size: [height, width], channels, interpolation, fit, cropShare } = input;
  if (dataset.channels !== 1 && dataset.channels !== 3) {
    throw new ArgumentError('adaptImages.dataset.channels', '1 or 3', dataset.channels, 'Only grey and colours are made of one another.');
  }
  const shape = [height, width, channels] as const;
  const adapt = imageInput({ size: [height, width], channels, interpolation, fit, cropShare });
  const [fromHeight, fromWidth] = dataset.imageShape ?? [];
  const resized = fromHeight !== height || fromWidth !== width || (fit === 'cover' && cropShare < 1);
  const changes = [
    ...(channels > dataset.channels ? ['grey repeated in 3 channels'] : []),
    ...(channels < dataset.channels ? ['colours to luma'] : []),
    ...(resized ? [`${fromHeight === undefined ? '' : `${fromHeight}x${fromWidth} `}resized to ${height}x${width}`] : []),
  ];
  if (changes.length === 0) return { dataset: dataset as UniformImageDataset, changes };
  const { name, size, labels, classes } = dataset;
  return {
    changes,
    dataset: {
      name,
      size,
      channels,
      imageShape: shape,
      ...(labels && { labels }),
      ...(classes && { classes }),
      get fingerprint() {
        return dataset.fingerprint;
      },
      async read(indices) {
        const images = await dataset.read(indices);
        if (indices.length === 0) return { pixels: new Uint8Array(0), shape: [0, ...shape] };
        const values = valuesOf(() => floor(add(mul(adapt(images), 255), 0.5)));
        return { pixels: Uint8Array.from(values, (value) => Math.min(255, Math.max(0, value))), shape: [indices.length, ...shape] };
      },
    },
  };
}
