/** What a preview shows: views by the name of a preset or from a file, images by a name, a path or settings. */
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { augmentationPresets, ViewSettings } from '@kindred/augmentations';
import { DataError, type ImageDataset, SettingsError } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { DatasetSettings, openDataset } from '@kindred/datasets/node';
import { closest, distance } from 'fastest-levenshtein';
import sharp from 'sharp';
import * as z from 'zod';
import { checkSettings, readSettingsFile, readYaml } from '../settings/read-settings.js';

/** The views of one row of a sheet, or of all of them. */
export interface NamedViews {
  readonly name: string;
  readonly views: readonly ViewSettings[];
}

const presets = Object.keys(augmentationPresets);
const files = ['.json', '.yaml', '.yml', '.ts', '.mts', '.js', '.mjs', '.cjs'];
/** Whole settings of a run may be given: the rest is ignored. */
const Views = z.union([ViewSettings, z.array(ViewSettings).min(1)]);

/**
 * The views that `--views` names.
 *
 * @throws SettingsError for a name that is not a preset, and for a file whose views are not right; DataError for a file that
 * cannot be read.
 */
export async function readViews(text: string): Promise<NamedViews[]> {
  if (text === 'all') return presets.map(named);
  if (presets.includes(text)) return [named(text)];
  if (!files.includes(extname(text))) {
    const near = closest(text, presets);
    const hint = distance(text.toLowerCase(), near.toLowerCase()) <= Math.max(2, text.length / 3) ? ` Did you mean ${near}?` : '';
    throw new SettingsError('--views', [`${text}  is not a preset.${hint} There are ${presets.join(', ')}; all shows each; a file ends in ${files.slice(0, 3).join(', ')}.`]);
  }
  const content = await readSettingsFile(text);
  const given = typeof content === 'object' && content !== null && 'views' in content ? content.views : content;
  if (typeof given === 'string') return readViews(given);
  const views = checkSettings(text, Views, given);
  return [{ name: basename(text), views: [views].flat() }];
}

function named(name: string): NamedViews {
  return { name, views: augmentationPresets[name as keyof typeof augmentationPresets].views };
}

/**
 * The images that `--data` names.
 *
 * @throws SettingsError, DataError
 */
export async function openImages(text: string): Promise<ImageDataset> {
  const options = DatasetSettings.options.map(({ shape }) => shape.name.value as string);
  if (options.includes(text)) return openDataset(checkSettings('--data', DatasetSettings, { name: text }), 'train');
  if (text.trimStart().startsWith('{')) return openDataset(checkSettings('--data', DatasetSettings, readYaml('--data', text)), 'train');
  const found = await stat(text).catch((error: unknown) => {
    throw new DataError(`--data ${text}`, 'is neither a dataset nor a path.', `Datasets are ${options.join(', ')}.`, error);
  });
  if (found.isDirectory()) {
    const settings = { name: 'image-folder', root: text, train: '.' };
    return openDataset(checkSettings('--data', DatasetSettings, settings), 'train');
  }
  if (files.includes(extname(text))) {
    const content = await readSettingsFile(text);
    const given = typeof content === 'object' && content !== null && 'data' in content ? content.data : content;
    return openDataset(checkSettings(text, DatasetSettings, given), 'train');
  }
  return onePicture(text);
}

/** A file as a dataset of one image, its longest side at most 512 pixels. */
async function onePicture(path: string): Promise<ImageDataset> {
  const { data, info } = await sharp(path, { failOn: 'error' })
    .rotate()
    .resize(512, 512, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      const reason = (error instanceof Error ? error.message : String(error)).trim().replaceAll('\n', ' ');
      throw new DataError(path, `cannot be read as an image (${reason}).`, 'JPEG, PNG, WebP, AVIF, TIFF, GIF and SVG can, if they are whole.', error);
    });
  const pixels = info.channels === 3 ? Uint8Array.from(data) : Uint8Array.from({ length: info.width * info.height * 3 }, (_, i) => data[Math.floor(i / 3) * info.channels]!);
  return inMemoryDataset({ name: basename(path), images: pixels, imageShape: [info.height, info.width, 3] });
}
