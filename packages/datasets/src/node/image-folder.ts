/** Images in folders, decoded when they are read. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ArgumentError, DataError, type ImageDataset } from '@kindred/core';
import { checkImageShape, checkIndices, checkWhole } from '../checks.js';
import { imageDecoder } from './decode-image.js';
import { imageFiles } from './image-files.js';
import { limit } from './limit.js';

/** A file that could not be read as an image. */
export interface UnreadableImage {
  readonly file: string;
  /** What was wrong with it. */
  readonly reason: string;
  /** How many there are so far, this one included. */
  readonly count: number;
}

export interface ImageFolderOptions {
  /** The folder of `<split>/<class>/<file>`, `<class>/<file>`, `<split>/<file>` or `<file>`. */
  readonly root: string;
  /** The folder of the split within `root`; without it, `root` itself. */
  readonly split?: string | undefined;
  /** `[H, W]` that every image is brought to. */
  readonly imageSize: readonly [height: number, width: number];
  /** 3 for colour, 1 for grey. */
  readonly channels: 1 | 3;
  /**
   * `cover`: the shorter side is brought to size and the centre cut out, as is usual. `fill`: both sides are, and
   * proportions change. `cover` by default.
   */
  readonly fit?: 'cover' | 'fill' | undefined;
  /**
   * The share of images that may be unreadable, 0 up to below 1. 0 by default: the first is an error. Otherwise another
   * image of its class stands in for it: the next one in order that can be read.
   */
  readonly maximumUnreadable?: number | undefined;
  /** Told once of each unreadable image that another stands in for. */
  readonly onUnreadable?: ((image: UnreadableImage) => void) | undefined;
  /** How many images are decoded at once. Twice the processors by default, at least 4. */
  readonly concurrency?: number | undefined;
}

/**
 * A dataset over a folder of JPEG, PNG, WebP, GIF, TIFF or AVIF images, through sharp (`npm install sharp`). The folder is
 * listed once and sorted by class, then path, by code units: ids are the same on every machine. Nothing is kept in
 * memory but the names; files that begin with a dot or have another ending are passed over.
 *
 * Images leave as 8-bit sRGB, or as grey by the weights 0.299, 0.587, 0.114: turned as EXIF says, colour profiles and
 * CMYK converted, 16 bits brought to 8, transparency laid over white, the first frame of an animation, resized
 * bicubically without aliasing. Classes are folders; with a `split` their numbers are those of the classes of all splits
 * (train, val, validation, valid, test) together. Reduced images are within a few levels of PIL's bicubic; enlarged ones
 * are shifted by a fifth of a source pixel against it, as sharp does. A JPEG that decodes with mere warnings (stray bytes
 * between markers, a damaged block) is read as it is, as other libraries do.
 *
 * @throws DataError where there are no images, or sharp is not installed; from `read`, where a file is no whole image, or
 *   where there are more of these than `maximumUnreadable` allows.
 *
 * @example
 * // the images of /data/flowers/train/<class>/
 * const train = () => imageFolder({ root: '/data/flowers', split: 'train', imageSize: [128, 128], channels: 3 });
 */
export async function imageFolder(options: ImageFolderOptions): Promise<ImageDataset> {
  const { root, split, imageSize, channels, fit = 'cover', maximumUnreadable = 0, onUnreadable } = options;
  const { concurrency = Math.max(4, 2 * availableParallelism()) } = options;
  checkOptions(options, concurrency);
  const decode = await imageDecoder('imageFolder', { imageSize, channels, fit });
  const { folder, paths, labels, classes } = await imageFiles('imageFolder', root, split);
  const [height, width] = imageSize;
  const bytes = height * width * channels;
  const name = [basename(resolve(root)), ...(split === undefined ? [] : [split])].join('/');
  const oneOf = limit(concurrency);
  const unreadable = new Set<number>();

  /** Notes an unreadable image, or throws where there are too many. */
  const note = (index: number, cause: unknown): void => {
    if (unreadable.has(index)) return;
    const file = join(folder, paths[index]!);
    const reason = ((cause as Error).message ?? String(cause)).trim().replaceAll('\n', ' ');
    if (maximumUnreadable === 0) {
      throw new DataError(
        'imageFolder',
        `${file} cannot be read as an image (${reason}).`,
        'Replace or remove it, or allow a share of such files with maximumUnreadable.',
        cause,
      );
    }
    unreadable.add(index);
    if (unreadable.size > maximumUnreadable * paths.length) {
      throw new DataError(
        'imageFolder',
        `${unreadable.size} of ${paths.length} images cannot be read, more than the share of ${maximumUnreadable} that is allowed; the last was ${file} (${reason}).`,
        'Replace or remove them.',
        cause,
      );
    }
    onUnreadable?.({ file, reason, count: unreadable.size });
  };

  /** Image `index`, or the next of its class that can be read. */
  const image = async (index: number): Promise<Uint8Array> => {
    for (let at = index; ; ) {
      if (!unreadable.has(at)) {
        const file = await readFile(join(folder, paths[at]!)).catch((cause: NodeJS.ErrnoException) => {
          if (!ofTheFile.has(cause.code ?? '')) throw new DataError('imageFolder', cause.message, undefined, cause);
          note(at, cause);
        });
        try {
          if (file) return await decode(file);
        } catch (cause) {
          note(at, cause);
        }
      }
      at = nextOfClass(at, labels, paths.length);
      if (at === index) {
        throw new DataError('imageFolder', `no image of ${labels ? `class ${classes![labels[at]!]}` : folder} can be read.`);
      }
    }
  };

  return {
    name,
    size: paths.length,
    imageShape: [height, width, channels],
    ...(labels && { labels }),
    ...(classes && { classes }),
    async read(indices) {
      checkIndices(`${name}.read.indices`, indices, paths.length);
      const out = new Uint8Array(indices.length * bytes);
      let failed = false;
      const each = Array.from(indices, (index, row) =>
        oneOf(async () => {
          if (failed) return;
          try {
            out.set(await image(index), row * bytes);
          } catch (error) {
            failed = true;
            throw error;
          }
        }),
      );
      await Promise.all(each);
      return out;
    },
  };
}

/** Faults of one file. Others, such as too many open files, are no reason to put another image in its place. */
const ofTheFile = new Set(['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'EIO', 'ELOOP']);

/** The next index with the same label, from the last on to the first. Images of a class are neighbours. */
function nextOfClass(index: number, labels: Int32Array | undefined, size: number): number {
  if (labels === undefined) return (index + 1) % size;
  return index + 1 < size && labels[index + 1] === labels[index] ? index + 1 : labels.indexOf(labels[index]!);
}

function checkOptions(options: ImageFolderOptions, concurrency: number): void {
  const { imageSize, channels, fit, maximumUnreadable = 0 } = options;
  checkImageShape('imageFolder.imageSize, channels', [...imageSize, channels]);
  if (channels !== 1 && channels !== 3) throw new ArgumentError('imageFolder.channels', '1 or 3', channels);
  if (fit !== undefined && fit !== 'cover' && fit !== 'fill') {
    throw new ArgumentError('imageFolder.fit', "'cover' or 'fill'", fit);
  }
  if (!(maximumUnreadable >= 0 && maximumUnreadable < 1)) {
    throw new ArgumentError('imageFolder.maximumUnreadable', 'a share of 0 up to below 1', maximumUnreadable);
  }
  checkWhole('imageFolder.concurrency', concurrency, 1);
}
