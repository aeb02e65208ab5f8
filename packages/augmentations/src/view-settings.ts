/** The settings of a view as a person writes them, and the pipeline they stand for. */
import { type MixedImages, SettingsError, ShapeError } from '@kindred/core';
import { z } from 'zod';
import type { Augmentation } from './augmentation.js';
import { colorJitter } from './color-jitter.js';
import { compose } from './compose.js';
import { cutOut } from './cut-out.js';
import { gaussianBlur } from './gaussian-blur.js';
import { horizontalFlip } from './horizontal-flip.js';
import { normalize } from './normalize.js';
import { randomGrayscale } from './random-grayscale.js';
import { randomResizedCrop } from './random-resized-crop.js';
import { rotation } from './rotation.js';
import { solarize } from './solarize.js';
import { verticalFlip } from './vertical-flip.js';

const probability = z.number().min(0).max(1);
const strength = z.number().min(0);
const value = z.number().min(0).max(1);
const side = z.int().min(1);
const range = (number: z.ZodNumber): z.ZodReadonly<z.ZodTuple<[z.ZodNumber, z.ZodNumber], null>> =>
  z
    .tuple([number, number])
    .refine(([min, max]) => min <= max, 'expected [min, max] with min not above max')
    .readonly();

/**
 * The settings of one view, checked: what a configuration file says. A part that is absent is left out; the parts that are
 * there are applied in the order of this list.
 *
 * @example
 * ViewSettings.parse({ flip: { probability: 0.5 } }); // => { flip: { probability: 0.5 } }
 */
export const ViewSettings = z.strictObject({
  /** Height and width of this view, in pixels, where it differs from the others' (multi-crop). */
  size: z.tuple([side, side]).readonly().optional(),
  /** A random part, resized: see `randomResizedCrop`. */
  crop: z
    .strictObject({
      area: range(z.number().gt(0).max(1)),
      aspect: range(z.number().gt(0)),
      interpolation: z.enum(['bilinear', 'bicubic']),
      sampler: z.enum(['torchvision', 'tensorflow', 'byol']),
      antialias: z.boolean().optional(),
    })
    .optional(),
  /** Left and right exchanged: see `horizontalFlip`. */
  flip: z.strictObject({ probability }).optional(),
  /** Top and bottom exchanged: see `verticalFlip`. */
  verticalFlip: z.strictObject({ probability }).optional(),
  /** See `rotation`. */
  rotation: z.strictObject({ probability, degrees: z.number().gt(0).max(180), fill: value }).optional(),
  /** See `colorJitter`. */
  jitter: z
    .strictObject({
      probability,
      brightness: strength,
      contrast: strength,
      saturation: strength,
      hueTurns: z.number().min(0).max(0.5),
      definitions: z.enum(['torchvision', 'tensorflow']).optional(),
      additiveBrightness: z.boolean().optional(),
    })
    .optional(),
  /** See `randomGrayscale`. After the jitter, unless `beforeJitter` (MoCo v1). */
  grayscale: z.strictObject({ probability, beforeJitter: z.boolean().optional() }).optional(),
  /** See `gaussianBlur`. */
  blur: z
    .strictObject({
      probability,
      sigmaPixels: range(z.number().gt(0)),
      kernel: z.int().min(1).refine((kernel) => kernel % 2 === 1, 'expected an odd number').optional(),
      edges: z.enum(['mirror', 'zeros']).optional(),
    })
    .optional(),
  /** See `solarize`. */
  solarize: z.strictObject({ probability, threshold: value }).optional(),
  /** See `cutOut`. */
  cutOut: z
    .strictObject({ probability, area: range(z.number().gt(0).max(1)), aspect: range(z.number().gt(0)), fill: value })
    .optional(),
  /** See `normalize`: one number for each channel. */
  normalize: z
    .strictObject({ mean: z.array(z.number()).min(1).readonly(), deviation: z.array(z.number().gt(0)).min(1).readonly() })
    .optional(),
});

/** The settings of one view. */
export type ViewSettings = z.infer<typeof ViewSettings>;

/**
 * The augmentation that settings stand for: crop, flip, verticalFlip, rotation, jitter, grayscale, blur, solarize, cutOut,
 * normalize, those that are there, in this order.
 *
 * @param settings As checked by `ViewSettings`, or a row of `augmentationPresets`.
 * @param shape `output`: height and width of the result, in pixels, unless the settings have a `size` of their own; without
 * a crop the images must have this size.
 * `channels` of the images: 1 or 3; with 1, grayscale, saturation and hue change nothing.
 * @throws SettingsError if `normalize` has numbers for another count of channels.
 *
 * @example
 * const view = viewPipeline({ flip: { probability: 1 } }, { output: [1, 2], channels: 1 });
 * view.apply(tf.tensor4d([1, 2], [1, 1, 2, 1]), [[{ flipped: true }]]).arraySync(); // => [[[[2], [1]]]]
 */
export function viewPipeline(
  settings: ViewSettings,
  shape: { readonly output: readonly [height: number, width: number]; readonly channels: number },
): Augmentation<readonly unknown[]> {
  const { channels } = shape;
  const { size: output = shape.output, crop, flip, jitter, grayscale, blur, normalize: normal } = settings;
  const { verticalFlip: vertical, rotation: turn, solarize: solar, cutOut: erase } = settings;
  const problems = (['mean', 'deviation'] as const)
    .filter((name) => normal !== undefined && normal[name].length !== channels)
    .map((name) => `normalize.${name}  has ${normal?.[name].length} numbers, the images have ${channels} channels.`);
  if (problems.length > 0) throw new SettingsError('viewPipeline', problems);

  const colours = [...(jitter ? [colorJitter(jitter)] : []), ...(grayscale ? [randomGrayscale(grayscale)] : [])];
  const pipeline = compose([
    ...(crop ? [randomResizedCrop({ ...crop, output })] : []),
    ...(flip ? [horizontalFlip(flip)] : []),
    ...(vertical ? [verticalFlip(vertical)] : []),
    ...(turn ? [rotation(turn)] : []),
    ...(grayscale?.beforeJitter ? colours.reverse() : colours),
    ...(blur ? [gaussianBlur(blur)] : []),
    ...(solar ? [solarize(solar)] : []),
    ...(erase ? [cutOut(erase)] : []),
    ...(normal ? [normalize(normal)] : []),
  ]);
  const check = (images: { readonly shape: readonly [number, number, number, number] } | MixedImages): void => {
    if ('images' in images) {
      for (const { shape } of images.images) check({ shape: [1, ...shape] });
      return;
    }
    const { shape: given } = images;
    const [, height, width, depth] = given;
    const fits = depth === channels && (crop !== undefined || (height === output[0] && width === output[1]));
    if (fits) return;
    const expected = crop === undefined ? `[N, ${output.join(', ')}, ${channels}]` : `[N, H, W, ${channels}]`;
    throw new ShapeError('viewPipeline', `images is [${given.join(', ')}], expected ${expected}.`, {
      received: given,
      expected,
      remedy: 'Only a crop changes the size; nothing changes the channels.',
    });
  };
  return {
    ...pipeline,
    name: 'viewPipeline',
    apply(images, records) {
      check(images);
      return pipeline.apply(images, records);
    },
    applyToPixels(images, records) {
      check(images);
      return pipeline.applyToPixels!(images, records);
    },
  };
}
