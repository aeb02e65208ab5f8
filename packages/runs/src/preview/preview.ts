/** A sheet of images and their views. */
import type { ImageDataset } from '@kindred/core';
import { writeFileAtomic } from '@kindred/core/node';
import { evenly } from '../some-images.js';
import { openImages, readViews } from './preview-settings.js';
import { drawSheet, type SheetRow } from './preview-sheet.js';
import { originals, viewTiles } from './preview-tiles.js';

/** What is shown, and where. */
export interface WritePreviewOptions {
  /** A preset, a settings file, or `all`. */
  readonly views: string;
  /** A dataset by its name, a path, or settings. */
  readonly data: string;
  /** Images; 8 by default, 1 for all presets. */
  readonly count?: number;
  /** Draws of each view; by default as many as make 8 columns. */
  readonly draws?: number;
  readonly seed: number;
  /** Pixels. */
  readonly tile: number;
  readonly out: string;
  /** Brings the backend up: after everything has been checked. */
  readonly bringUpEngine: () => Promise<unknown>;
}

/** Columns of views by default. */
const columns = 8;

/**
 * Writes a sheet: one row per image, or one per preset and image if all presets are shown.
 *
 * @throws SettingsError, DataError
 */
export async function writePreview(options: WritePreviewOptions): Promise<{ rows: number; width: number; height: number }> {
  const { seed, tile, out } = options;
  const all = await readViews(options.views);
  const dataset = await openImages(options.data);
  const ids = evenly(dataset, options.count ?? (all.length > 1 ? 1 : 8));
  const batch = await dataset.read(ids);
  await options.bringUpEngine();

  const images = originals(batch);
  const rows = all.flatMap(({ name, views }): SheetRow[] => {
    const draws = options.draws ?? Math.max(1, Math.floor(columns / views.length));
    const tiles = viewTiles(views, { batch, ids }, { seed, draws });
    return tiles.map((groups, i) => ({ label: all.length > 1 ? name : labelOf(dataset, ids[i]!), original: images[i]!, groups }));
  });
  const one = all.length === 1 ? all[0] : undefined;
  const { png, width, height } = await drawSheet(
    rows,
    {
      title: `${one?.name ?? 'presets'}: ${dataset.name}, seed ${seed}`,
      headings: one === undefined ? ['views'] : one.views.map(({ size }, i) => `view ${i + 1}${size === undefined ? '' : `, ${size[1]}×${size[0]}`}`),
    },
    tile,
  );
  await writeFileAtomic(out, png);
  return { rows: rows.length, width, height };
}

/** The name of an image on a sheet. */
function labelOf({ labels, classes, name, size }: ImageDataset, id: number): string {
  const label = labels?.[id] ?? -1;
  if (label >= 0) return classes?.[label] ?? `class ${label}`;
  return size === 1 ? name : `image ${id}`;
}
