/** Opens datasets from settings. */
import { type ImageDataset, SettingsError } from '@kindred/core';
import type { z } from 'zod';
import { cifar10 } from './cifar-10.js';
import { cifar100 } from './cifar-100.js';
import type { UnreadableImage } from './decoded-images.js';
import type { DownloadProgress } from './download.js';
import { fashionMnist } from './fashion-mnist.js';
import { imageFolder } from './image-folder.js';
import { imageShards } from './image-shards.js';
import type { OnLeftOut } from './left-out.js';
import { mnist } from './mnist.js';
import { DatasetSettings } from './settings.js';
import { stl10 } from './stl-10.js';

/** Callbacks while a dataset is opened and read. */
export interface OpenOptions {
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly onUnreadable?: ((image: UnreadableImage) => void) | undefined;
  readonly onLeftOut?: OnLeftOut | undefined;
}

/** A type that recipes written `as const` have as well. */
type Settled<T> = T extends object ? { readonly [K in keyof T]: Settled<T[K]> } : T;

/**
 * Opens the dataset that settings name.
 *
 * @throws SettingsError with one line a problem; DataError if the data are missing or damaged.
 *
 * @example
 * const dataset = await openDataset({ name: 'fashion-mnist' }, 'test');
 * dataset.imageShape; // => [28, 28, 1]
 */
export async function openDataset(
  settings: Settled<z.input<typeof DatasetSettings>>,
  split: 'train' | 'test',
  { onProgress, onUnreadable, onLeftOut }: OpenOptions = {},
): Promise<ImageDataset> {
  const parsed = DatasetSettings.safeParse(settings);
  if (!parsed.success) {
    throw new SettingsError('openDataset.settings', parsed.error.issues.flatMap(problems));
  }
  switch (parsed.data.name) {
    case 'fashion-mnist':
      return fashionMnist({ root: parsed.data.root, split });
    case 'mnist':
      return mnist({ root: parsed.data.root, split });
    case 'cifar-10': {
      const { root, download, edition } = parsed.data;
      return cifar10({ root, download, edition, split, onProgress });
    }
    case 'cifar-100': {
      const { root, download, labels } = parsed.data;
      return cifar100({ root, download, labels, split, onProgress });
    }
    case 'stl-10': {
      const { root, download, train } = parsed.data;
      return stl10({ root, download, split: split === 'train' ? train : 'test', onProgress });
    }
    case 'image-folder': {
      const { root, imageSize, maximumSide, channels, fit, maximumUnreadable } = parsed.data;
      const folder = parsed.data[split];
      const where = { root, split: folder === '.' ? undefined : folder };
      return imageFolder({ ...where, imageSize, maximumSide, channels, fit, maximumUnreadable, onUnreadable, onLeftOut });
    }
    case 'webdataset': {
      const { shards: train, test, image, label, classes, imageSize, maximumSide, channels, fit, maximumUnreadable } = parsed.data;
      const [shards, siblings] = split === 'train' ? [train, test] : [test, train];
      if (shards === undefined) {
        throw new SettingsError('openDataset.settings', ['test: names no shards. Add those of the test images.']);
      }
      const parts = { image, label, classes };
      return imageShards({ shards, siblings, ...parts, imageSize, maximumSide, channels, fit, maximumUnreadable, onUnreadable, onLeftOut });
    }
  }
}

/** One line for each problem. */
function problems(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${[...issue.path, key].join('.')} is not a setting.`);
  return [`${issue.path.join('.')}: ${issue.message}`];
}
