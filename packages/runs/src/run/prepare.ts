/** What an encoder expects done to images outside of training: what every view had done, less the chance. */
import { normalize } from '@kindred/augmentations';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type PretrainSettings, viewsOf } from '../settings/pretrain-settings.js';

/** The normalisation of a run's views, where they have one. */
export function prepareFor({ views }: Pick<PretrainSettings, 'views'>): { prepare?: (images: Tensor4D) => Tensor4D } {
  const settings = viewsOf(views)[0]?.normalize;
  if (settings === undefined) return {};
  const part = normalize(settings);
  return { prepare: (images) => part.apply(images, Array.from({ length: images.shape[0] }, () => null)) };
}
