/** What a run's encoder expects of images: what happens to all of its views, without the random part. */
import { imageInput } from '@kindred/augmentations';
import { type EncoderInput, type ImageBatch, type ImageDataset, SettingsError } from '@kindred/core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type PretrainSettings, viewsOf } from '../settings/pretrain-settings.js';

/** Of an image that is not of the views' size, the shorter side is brought to 8/7 of it and the centre cut out: 256 and 224. */
const usualShare = 0.875;

/**
 * The size of the views, the channels of the images, and the normalisation and filter of the first view.
 *
 * @param dataset The images that the run is trained on.
 * @throws SettingsError if images keep their own sizes and no `viewSize` is set.
 */
export function encoderInputOf(
  { name, views, viewSize }: Pick<PretrainSettings, 'name' | 'views' | 'viewSize'>,
  dataset: Pick<ImageDataset, 'name' | 'channels' | 'imageShape'>,
): EncoderInput {
  const { channels, imageShape } = dataset;
  const size = viewSize ?? (imageShape && ([imageShape[0], imageShape[1]] as const));
  if (size === undefined) throw new SettingsError(name, [needsViewSize(dataset.name)]);
  const { crop, normalize } = viewsOf(views)[0]!;
  const same = imageShape !== undefined && imageShape[0] === size[0] && imageShape[1] === size[1];
  return {
    size: [size[0], size[1]],
    channels: channels as 1 | 3,
    ...(normalize && { mean: normalize.mean, deviation: normalize.deviation }),
    interpolation: crop?.interpolation ?? 'bilinear',
    fit: 'cover',
    cropShare: same ? 1 : usualShare,
  };
}

/** The error if nothing determines the size of views. */
export const needsViewSize = (dataset: string): string => `viewSize  expected [height, width], as the images of ${dataset} keep their own sizes`;

/** The input of an encoder for a dataset, as options of `embed` and of probes. Images of exactly its size are not cut again. */
export function inputFor(input: EncoderInput, { imageShape }: Pick<ImageDataset, 'imageShape'>): { toInput: (images: ImageBatch) => Tensor4D } {
  const same = imageShape !== undefined && imageShape[0] === input.size[0] && imageShape[1] === input.size[1];
  return { toInput: imageInput(same ? { ...input, cropShare: 1 } : input) };
}
