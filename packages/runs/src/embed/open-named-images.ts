/** Images by what a person writes: a folder, a list, shards, a data set. */
import { stat } from 'node:fs/promises';
import { DataError } from '@kindred/core';
import { datasetImages, DatasetSettings, folderImages, listedImages, type NamedImages, openDataset, shardImages } from '@kindred/datasets/node';
import { checkSettings, readYaml } from '../settings/read-settings.js';

/** How named images are opened. */
export interface OpenNamedImagesOptions {
  /** 3 for colour, 1 for grey: what the encoder takes. */
  readonly channels: 1 | 3;
  /** Of a data set: which images. Default: 'test'. */
  readonly split?: 'train' | 'test' | undefined;
}

/**
 * The images that a text names: a folder, an image, shards (`/data/train-{000..146}.tar`), a data set (`cifar-10`, or settings such as
 * `{name: stl-10, root: data}`); of a list of paths, these.
 *
 * @throws SettingsError, DataError, ArgumentError
 */
export async function openNamedImages(what: string | readonly string[], { channels, split = 'test' }: OpenNamedImagesOptions): Promise<NamedImages> {
  if (typeof what !== 'string') return listedImages(what, { channels });
  const names = DatasetSettings.options.map(({ shape }) => shape.name.value as string);
  if (names.includes(what)) return datasetImages(await openDataset(checkSettings('images', DatasetSettings, { name: what }), split));
  if (what.trimStart().startsWith('{')) return datasetImages(await openDataset(checkSettings('images', DatasetSettings, readYaml('images', what)), split));
  const found = await stat(what).catch(() => undefined);
  if (found?.isDirectory()) return folderImages(what, { channels });
  if (/\.tar$/.test(what)) return shardImages(what, { channels });
  if (found?.isFile()) return listedImages([what], { channels });
  throw new DataError(what, 'is neither a folder, nor an image, nor shards, nor a data set.', `Data sets are ${names.join(', ')}.`);
}
