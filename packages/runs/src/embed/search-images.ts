/** What an index is asked: an image, a row by its id, or numbers; and the answer as a sheet. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageInput } from '@kindred/augmentations';
import { disposeNetwork } from '@kindred/backbones';
import { DataError, SettingsError } from '@kindred/core';
import { writeFileAtomic } from '@kindred/core/node';
import { listedImages } from '@kindred/datasets/node';
import { embed } from '@kindred/evaluation';
import { checkSameWeights } from '@kindred/gallery';
import { type GalleryIndex, openIndex, type SearchResult } from '@kindred/gallery/node';
import { drawSheet } from '../preview/preview-sheet.js';
import { originals, type Tile } from '../preview/preview-tiles.js';
import { loadEncoder } from './load-encoder.js';

/** A question to an index. One of image, id and vector is given. */
export interface SearchImagesOptions {
  /** The file of an image; it is embedded. */
  readonly image?: string | undefined;
  /** The id of an image of the index. */
  readonly id?: string | undefined;
  /** A file of D numbers as JSON. */
  readonly vector?: string | undefined;
  /** For `image`: the run or the file of weights; by default the one that the index names. */
  readonly encoder?: string | undefined;
  /** Of a run: the encoder that did best. */
  readonly best?: boolean | undefined;
  /** How many; 10 by default. */
  readonly k?: number | undefined;
  /** Only images of these classes. */
  readonly classes?: readonly string[] | undefined;
  /** Only images whose id begins with this. */
  readonly path?: string | undefined;
  /** Told if an approximate index can only be searched exactly. */
  readonly onWarning?: ((text: string) => void) | undefined;
  /** Called before an image is embedded. */
  readonly bringUpEngine: () => Promise<unknown>;
}

/** What was found. */
export interface SearchImagesResult {
  readonly index: GalleryIndex;
  readonly results: readonly SearchResult[];
  /** The question in a word or two. */
  readonly query: string;
}

/**
 * Searches an index. An image of the index does not find itself.
 *
 * @throws SettingsError for no question, or several. @throws DataError for a folder that is no index, a query that cannot be read.
 * @throws KindredError (`WeightsError`) for an encoder that did not make the index. @throws ShapeError for a query of another length.
 */
export async function searchImages(folder: string, options: SearchImagesOptions): Promise<SearchImagesResult> {
  const { image, id, vector, k = 10, classes, path } = options;
  const given = [image, id, vector].filter((each) => each !== undefined);
  if (given.length !== 1) throw new SettingsError('search', [`expected an image, --id or --vector, and only one of them; received ${given.length === 0 ? 'none' : given.join(', ')}`]);
  const index = await openIndex(folder, { onWarning: options.onWarning });
  const query = id !== undefined ? index.embeddingOf(index.rowOf(id)) : vector !== undefined ? await numbersOf(vector) : await embedded(index, image!, options);
  const accept = (other: string): boolean => other !== id && (path === undefined || other.startsWith(path));
  return { index, results: index.search(query, { k, classes, accept }), query: given[0]! };
}

async function numbersOf(file: string): Promise<Float32Array> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new DataError(file, `cannot be read as JSON (${(cause as Error).message}).`, 'Give a list of numbers.', cause);
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every((entry) => Number.isFinite(entry))) throw new DataError(file, 'is no list of numbers.', 'Give the embedding of an image.');
  return Float32Array.from(value as number[]);
}

async function embedded({ folder, source: known }: GalleryIndex, file: string, { encoder: place, best, bringUpEngine }: SearchImagesOptions): Promise<Float32Array> {
  const images = await listedImages([file], { channels: known.input?.channels ?? 3 });
  const [read] = await images.read([0]);
  if (read === undefined || 'reason' in read) throw new DataError(file, `cannot be read as an image (${read?.reason}).`, 'JPEG, PNG, WebP, AVIF, TIFF and GIF can, if they are whole.');
  await bringUpEngine();
  const { encoder, input, source } = await loadEncoder(place ?? known.encoder, { best: best ?? false });
  try {
    checkSameWeights(folder, known, source);
    const dataset = { name: file, size: 1, fingerprint: '', read: () => Promise.resolve({ images: [read.image] }) };
    return (await embed(encoder, dataset, { batchSize: 1, toInput: imageInput(input) })).values;
  } finally {
    disposeNetwork(encoder);
  }
}

/**
 * Draws what was found as a PNG: the images in rows, the most similar first.
 *
 * @throws DataError if it is not known where the images are, or one cannot be read.
 */
export async function writeSearchSheet(file: string, { index, results, query }: SearchImagesResult, { images, tile = 128 }: { readonly images?: string | undefined; readonly tile?: number } = {}): Promise<void> {
  const root = images ?? index.images ?? index.source.root;
  if (root === undefined) throw new DataError(index.folder, 'does not say where its images are.', 'Give their folder with --images.');
  if (results.length === 0) throw new DataError(index.folder, 'found nothing to draw.', 'Widen the filters.');
  const places = results.map(({ id }) => join(root, id));
  const read = await (await listedImages(places, { channels: 3, maximumSide: 4 * tile })).read(places.map((_, i) => i));
  const tiles = read.map((each, i): Tile => {
    if ('reason' in each) throw new DataError(places[i]!, `cannot be read as an image (${each.reason}).`, 'Give the folder of the images with --images.');
    return originals({ images: [each.image] })[0]!;
  });
  const [first, ...rest] = tiles as [Tile, ...Tile[]];
  const { png } = await drawSheet([{ label: '', original: first, groups: [rest.length > 0 ? rest : [first]] }], { title: `nearest to ${query}`, headings: ['next'] }, tile);
  await writeFileAtomic(file, png);
}
