/** Images of one dataset as an encoder trained on another expects them: its channels and its size. */
import { randomResizedCrop } from '@kindred/augmentations';
import { ArgumentError, type UniformImageDataset, valuesOf } from '@kindred/core';
import { add, floor, matMul, reshape, type Tensor4D, tensor2d, tensor4d, tile } from '@tensorflow/tfjs-core';

/** A dataset brought to another shape. */
export interface AdaptedImages {
  readonly dataset: UniformImageDataset;
  /** What happens to every image, in words, for tables; empty where nothing does. */
  readonly changes: readonly string[];
}

/** Red, green and blue in the brightness that grey stands for. */
const luma = [0.299, 0.587, 0.114];

/**
 * A dataset whose images have the given shape, for transfer: grey ones are repeated in three channels, colours become their luma
 * (0.299 R + 0.587 G + 0.114 B, ITU-R BT.601), another size is resized bilinearly with antialiasing (PIL's filter), the whole
 * image to the whole, so that another aspect is stretched. Bytes are rounded once.
 *
 * @param imageShape `[H, W, C]` of the images that come out; C is 1 or 3.
 * @throws ArgumentError for numbers of channels other than 1 and 3 where they differ, or sides that are not whole.
 *
 * @example
 * const grey = inMemoryDataset({ name: 'grey', images: Uint8Array.of(10, 20), imageShape: [1, 2, 1] });
 * const { dataset, changes } = adaptImages(grey, [1, 2, 3]);
 * (await dataset.read(Int32Array.of(0))).pixels; // => Uint8Array.of(10, 10, 10, 20, 20, 20)
 * changes; // => ['grey repeated in 3 channels']
 */
export function adaptImages(dataset: UniformImageDataset, imageShape: readonly [height: number, width: number, channels: number]): AdaptedImages {
  const [height, width, channels] = imageShape;
  const [fromHeight, fromWidth, fromChannels] = dataset.imageShape;
  imageShape.forEach((length, axis) => {
    if (!(Number.isSafeInteger(length) && length >= 1)) throw new ArgumentError(`adaptImages.imageShape[${axis}]`, 'a whole number above 0', length);
  });
  const known = [channels, fromChannels].every((count) => count === 1 || count === 3);
  if (channels !== fromChannels && !known) {
    throw new ArgumentError('adaptImages.imageShape[2]', `${fromChannels} as in ${dataset.name}, or 1 and 3`, channels, 'Only grey and colours are made of one another.');
  }
  const resized = height !== fromHeight || width !== fromWidth;
  const changes = [
    ...(channels === 3 && fromChannels === 1 ? ['grey repeated in 3 channels'] : []),
    ...(channels === 1 && fromChannels === 3 ? ['colours to luma'] : []),
    ...(resized ? [`${fromHeight}x${fromWidth} resized to ${height}x${width}`] : []),
  ];
  if (changes.length === 0) return { dataset, changes };

  const resize = randomResizedCrop({ area: [1, 1], aspect: [1, 1], output: [height, width], interpolation: 'bilinear', sampler: 'torchvision' });
  const wholeImage = { top: 0, left: 0, height: fromHeight, width: fromWidth };
  /** `[N, H, W, C]` in 0..255, to the new shape. */
  const adapt = (images: Tensor4D): Tensor4D => {
    const fewer = channels < fromChannels ? toLuma(images) : images;
    const sized = resized ? resize.apply(fewer, Array.from({ length: images.shape[0] }, () => wholeImage)) : fewer;
    return channels > fromChannels ? tile(sized, [1, 1, 1, 3]) : sized;
  };
  return {
    changes,
    dataset: {
      ...dataset,
      imageShape: [height, width, channels],
      async read(indices) {
        const bytes = new Float32Array((await dataset.read(indices)).pixels);
        const values = valuesOf(() => floor(add(adapt(tensor4d(bytes, [indices.length, ...dataset.imageShape])), 0.5)));
        return { pixels: Uint8Array.from(values, (value) => Math.min(255, Math.max(0, value))), shape: [indices.length, height, width, channels] };
      },
    },
  };
}

function toLuma(images: Tensor4D): Tensor4D {
  const [count, height, width] = images.shape;
  return reshape(matMul(reshape(images, [count * height * width, 3]), tensor2d(luma, [3, 1])), [count, height, width, 1]);
}
