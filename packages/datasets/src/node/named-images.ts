/** Images by their names, for uses that identify each image: an unreadable one is not replaced. */
import { basename, join, resolve } from 'node:path';
import { ArgumentError, type ImageDataset, type ImagePixels, imagesOf } from '@kindred/core';
import { type DecodeImage, imageDecoder, imageSides } from './decode-image.js';
import { usualMaximumSide } from './decoded-images.js';
import { composed, imagesBelow } from './image-files.js';
import { imageShards } from './image-shards.js';
import { type OnLeftOut, tellLeftOut } from './left-out.js';

/** An image, and its size as on disk. */
export interface NamedImage {
  readonly image: ImagePixels;
  readonly height: number;
  readonly width: number;
}

/** Why an image could not be read. */
export interface UnreadImage {
  readonly reason: string;
}

/** Images by name. */
export interface NamedImages {
  readonly name: string;
  /** The folder that ids are relative to, absolute; absent if they are not paths. */
  readonly root?: string;
  /** Unique. Paths in `root`, `/` between parts, or paths as they were given. */
  readonly ids: readonly string[];
  /** The class of each, −1 if unknown; absent if no image has one. */
  readonly labels?: Int32Array;
  /** Names of the classes. */
  readonly classes?: readonly string[];
  /** The images with these numbers, in this order; never rejects for one that cannot be read. */
  read(indices: readonly number[]): Promise<(NamedImage | UnreadImage)[]>;
}

/** How images are read. */
export interface NamedImagesOptions {
  /** 3 for colour, 1 for grey. */
  readonly channels: 1 | 3;
  /** The longer side beyond which an image is reduced while it is decoded; 1,024 by default. */
  readonly maximumSide?: number | undefined;
  /** Called once with the files that were skipped. By default a warning of the process. */
  readonly onLeftOut?: OnLeftOut | undefined;
}

/**
 * All images below a folder, however deep. Ids are paths in it; classes are the folders directly in it, −1 for images outside of these.
 *
 * @throws DataError if there is no such folder, or no image in it.
 *
 * @example
 * const photos = () => folderImages('/data/photos', { channels: 3 });
 */
export async function folderImages(root: string, options: NamedImagesOptions): Promise<NamedImages> {
  const { paths, leftOut } = await imagesBelow('folderImages', root);
  tellLeftOut(root, leftOut, options.onLeftOut);
  const classOf = (path: string): string | undefined => (path.includes('/') ? composed(path.slice(0, path.indexOf('/'))) : undefined);
  const classes = [...new Set(paths.flatMap((path) => classOf(path) ?? []))].sort((a, b) => (a < b ? -1 : 1));
  const numbers = new Map(classes.map((name, number) => [name, number]));
  return {
    name: basename(resolve(root)),
    root: resolve(root),
    ids: paths,
    ...(classes.length > 0 && { classes, labels: Int32Array.from(paths, (path) => numbers.get(classOf(path) ?? '') ?? -1) }),
    read: await fileReader('folderImages', paths.map((path) => join(root, path)), options),
  };
}

/**
 * The images at these paths, which are their ids.
 *
 * @throws ArgumentError for no path, and for one that is given twice.
 *
 * @example
 * const two = () => listedImages(['a.jpg', 'b.jpg'], { channels: 3 });
 */
export async function listedImages(paths: readonly string[], options: NamedImagesOptions): Promise<NamedImages> {
  if (paths.length === 0) throw new ArgumentError('listedImages.paths', 'one path or more', 0, 'Is the list empty?');
  const seen = new Set<string>();
  for (const path of paths) {
    if (seen.has(path)) throw new ArgumentError('listedImages.paths', 'each path once', path);
    seen.add(path);
  }
  return { name: 'a list', root: process.cwd(), ids: paths, read: await fileReader('listedImages', paths, options) };
}

/**
 * The images of sharded tar files: ids are `<shard's name>/<number in all shards>`.
 *
 * @throws DataError as `imageShards`.
 *
 * @example
 * const shards = () => shardImages('/data/train-{000000..000146}.tar', { channels: 3 });
 */
export async function shardImages(shards: string | readonly string[], { channels, maximumSide, onLeftOut }: NamedImagesOptions): Promise<NamedImages> {
  return datasetImages(await imageShards({ shards, channels, maximumSide, onLeftOut }));
}

/**
 * The images of a data set: ids are `<its name>/<number>`. Sides are those that it reads.
 *
 * @example
 * const images = datasetImages(inMemoryDataset({ name: 'two', images: Uint8Array.of(0, 255), imageShape: [1, 1, 1] }));
 * images.ids; // => ['two/0', 'two/1']
 */
export function datasetImages(dataset: ImageDataset): NamedImages {
  const { name, size, labels, classes } = dataset;
  const one = async (index: number): Promise<NamedImage | UnreadImage> => {
    try {
      return sized(imagesOf(await dataset.read(Int32Array.of(index)))[0]!);
    } catch (error) {
      return unread(error);
    }
  };
  return {
    name,
    ids: Array.from({ length: size }, (_, i) => `${name}/${i}`),
    ...(labels && { labels }),
    ...(classes && { classes }),
    async read(indices) {
      try {
        return imagesOf(await dataset.read(Int32Array.from(indices))).map(sized);
      } catch {
        return Promise.all(indices.map(one)); // which of them it was
      }
    },
  };
}

const sized = (image: ImagePixels): NamedImage => ({ image, height: image.shape[0], width: image.shape[1] });
const unread = (error: unknown): UnreadImage => ({ reason: ((error as Error).message ?? String(error)).trim().replaceAll(/\s*\n\s*/g, ' ') });

async function fileReader(where: string, files: readonly string[], { channels, maximumSide = usualMaximumSide }: NamedImagesOptions): Promise<NamedImages['read']> {
  const [decode, sides]: [DecodeImage, (file: string) => Promise<readonly [number, number]>] = [
    await imageDecoder(where, { channels, fit: 'cover', maximumSide }),
    await imageSides(where),
  ];
  return (indices) =>
    Promise.all(
      indices.map(async (index) => {
        const file = files[index]!;
        try {
          const image = await decode(file);
          const [height, width] = Math.max(image.shape[0], image.shape[1]) < maximumSide ? image.shape : await sides(file);
          return { image, height, width };
        } catch (error) {
          return unread(error);
        }
      }),
    );
}
