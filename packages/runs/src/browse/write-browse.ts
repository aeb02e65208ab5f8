/** The page to browse images in, as a folder. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { disposeNetwork } from '@kindred/backbones';
import { browseFiles } from '@kindred/browse';
import { DataError } from '@kindred/core';
import { writeFolderAtomic } from '@kindred/core/node';
import { embed } from '@kindred/evaluation';
import { tfjsFiles } from '@kindred/export';
import { imageFolder } from '@kindred/datasets/node';
import packageJson from '../../package.json' with { type: 'json' };
import type { Embeddings } from '../curate/embeddings-file.js';
import { thumbnailSheet } from '../curate/thumbnails.js';
import { planeOfMany } from '../plane.js';
import { inputFor } from '../run/encoder-input.js';
import { loadRun, openRun } from '../run/load-run.js';

export interface WriteBrowseOptions {
  /** The folder to write. One that is there must be empty, or an earlier page. */
  readonly out: string;
  /** The title of the page. */
  readonly title: string;
  /** The run whose encoder made the embeddings. Default: what they say; without one the page has no search by image. */
  readonly run?: string | undefined;
  /** Where the images are. Default: what the embeddings say. */
  readonly images?: string | undefined;
  /** Whether a server provides the whole images at `images/<row>`. */
  readonly whole: boolean;
  /** Pixels of a side of a thumbnail. Default: 96. */
  readonly thumbnail?: number;
  /** Called with what is in progress. */
  readonly onProgress?: (what: string) => void;
}

/** Thumbnails of a sheet, and in a row of it. */
const [perSheet, columns] = [256, 16];

/**
 * Writes the page of embeddings (`browseFiles` of browse) into a folder, whole or not at all: thumbnails, a map by UMAP, and the encoder as a
 * graph model. The engine must be up.
 *
 * @returns The names of files that cannot be read as images; they have a grey thumbnail.
 * @throws DataError for images that are not there, a run whose weights are others, and a folder that holds something else.
 *
 * @example
 * writeBrowse instanceof Function; // => true
 */
export async function writeBrowse(embeddings: Embeddings, options: WriteBrowseOptions): Promise<{ readonly unreadable: readonly string[] }> {
  const { out, title, whole, thumbnail = 96, onProgress = () => undefined } = options;
  const { features, names, classes } = embeddings;
  await checkTarget(out);
  const folder = options.images ?? embeddings.folder;
  const files = names.map((name) => (folder === undefined || isAbsolute(name) ? name : join(folder, name)));
  const present = files.findIndex((file) => existsSync(file));
  if (present < 0) throw new DataError(folder ?? 'the images', `none of the ${names.length} images is there, ${names[0]} among them.`, 'Name the folder that they are in with --images.');
  const run = options.run ?? (embeddings.run !== undefined && existsSync(embeddings.run.folder) ? embeddings.run.folder : undefined);
  const encoder = run === undefined ? undefined : await encoderOf(run, embeddings, folder, present);

  onProgress('thumbnails');
  const sheets: Uint8Array[] = [];
  const unreadable: string[] = [];
  for (let start = 0; start < files.length; start += perSheet) {
    const some = files.slice(start, start + perSheet);
    const sheet = await thumbnailSheet(some, thumbnail, columns);
    sheets.push(sheet.content);
    unreadable.push(...sheet.unreadable.map((i) => names[start + i]!));
  }
  onProgress('map');
  const map = await planeOfMany(features);
  await writeFolderAtomic(
    out,
    browseFiles({
      title,
      created: new Date().toISOString(),
      version: packageJson.version,
      embeddings: features,
      names,
      ...(features.labels && classes && { labels: features.labels, classes }),
      sheets: { files: sheets, tile: thumbnail, columns, perSheet },
      map,
      ...(encoder && { encoder }),
      images: whole,
    }),
  );
  return { unreadable };
}

/** The encoder as a graph model, once it is known to be the one that made the embeddings: an image is embedded again. */
async function encoderOf(run: string, { features, names }: Embeddings, folder: string | undefined, at: number): Promise<Parameters<typeof browseFiles>[0]['encoder']> {
  const opened = await openRun(run);
  const { encoder, input } = await loadRun(opened, { name: 'images', channels: 3 });
  try {
    const expected = `embeddings of ${features.dimension} numbers`;
    if (encoder.dimension !== features.dimension) throw new DataError(run, `makes embeddings of ${encoder.dimension} numbers, but these are ${expected}.`, 'Name the run that made them with --run.');
    const dataset = await imageFolder({ root: folder!, channels: 3, maximumUnreadable: 0.99, onUnreadable: () => undefined, onLeftOut: () => undefined });
    const row = dataset.files!.names.indexOf(names[at]!);
    if (row >= 0) {
      const one = { name: 'one', size: 1, fingerprint: '', channels: 3, read: () => dataset.read(Int32Array.of(row)) };
      const { values } = await embed(encoder, one, { batchSize: 1, ...inputFor(input, dataset) });
      const own = features.values.subarray(at * features.dimension, (at + 1) * features.dimension);
      if (!(cosine(values, own) > 0.999)) {
        throw new DataError(run, `does not make the embeddings that are given: it sees ${names[at]} otherwise, cosine ${cosine(values, own).toFixed(3)}.`, 'Its weights are others. Name the run that made them with --run, or embed again.');
      }
    }
    return { files: tfjsFiles({ encoder, input }), input };
  } finally {
    disposeNetwork(encoder);
  }
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, x, y] = [0, 0, 0];
  for (let d = 0; d < a.length; d++) [product, x, y] = [product + a[d]! * b[d]!, x + a[d]! ** 2, y + b[d]! ** 2];
  return product / Math.sqrt(x * y);
}

/** A folder is replaced only if it holds nothing but an earlier page. */
async function checkTarget(out: string): Promise<void> {
  const held: readonly string[] = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new DataError(out, error.code === 'ENOTDIR' ? 'is a file, expected a folder.' : `cannot be read (${error.code}).`, 'Choose another place.', error);
  });
  if (held.length === 0) return;
  const page = await readFile(join(out, 'index.html'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'EISDIR') return '';
    throw new DataError(out, `cannot be read (${error.code}).`, 'Choose another place.', error);
  });
  if (!page.includes('<title>Kindred</title>') || !held.includes('embeddings.i8')) {
    throw new DataError(out, `holds other things than an earlier page: ${held.slice(0, 4).join(', ')}.`, 'Choose an empty folder, or one that is not there.');
  }
}
