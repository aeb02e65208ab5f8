/** A dataset over encoded images, decoded when they are read; unreadable ones are counted and replaced by others. */
import { ArgumentError, checkWhole, DataError, type ImageDataset, type ImagePixels, KindredError } from '@kindred/core';
import { checkImageShape, checkIndices } from '../checks.js';
import type { DecodeImage } from './decode-image.js';
import type { OnLeftOut } from './left-out.js';
import { limit } from './limit.js';

/** A file that could not be read as an image. */
export interface UnreadableImage {
  /** Its path; of a shard's member, `<shard>: <member>`. */
  readonly file: string;
  /** What was wrong with it. */
  readonly reason: string;
  /** How many there are so far, this one included. */
  readonly count: number;
}

/** The longer side beyond which images that keep their sizes are reduced. */
export const usualMaximumSide = 1024;

/** The size that images are brought to, and the treatment of unreadable ones. */
export interface DecodedImageOptions {
  /** `[H, W]` that every image is brought to when it is read. Without it images keep their own sizes. */
  readonly imageSize?: readonly [height: number, width: number] | undefined;
  /** 3 for colour, 1 for grey. */
  readonly channels: 1 | 3;
  /**
   * With `imageSize`. `cover`: the shorter side is brought to size and the centre cut out, as is usual. `fill`: both sides
   * are, and proportions change. `cover` by default.
   */
  readonly fit?: 'cover' | 'fill' | undefined;
  /**
   * For images that keep their own sizes: the longer side beyond which an image is reduced while it is decoded, bicubically
   * and without aliasing. It bounds the memory of a batch, to 3 MiB a colour image by default: 1,024 pixels, of which a crop of
   * 8 % of a photograph still has more than the 224 pixels that views usually have.
   */
  readonly maximumSide?: number | undefined;
  /**
   * The share of images that may be unreadable, 0 up to below 1. 0 by default: the first is an error. Otherwise another
   * image of its class replaces it: the next one in order that can be read.
   */
  readonly maximumUnreadable?: number | undefined;
  /** Called once for each unreadable image that is replaced. By default a warning of the process (`process.emitWarning`). */
  readonly onUnreadable?: ((image: UnreadableImage) => void) | undefined;
  /** Called once with the files or members that were skipped when the dataset was listed. By default a warning of the process. */
  readonly onLeftOut?: OnLeftOut | undefined;
  /** How many images are in progress at once, waiting ones included; Node's threads decide how many are decoded. 1,024 by default. */
  readonly concurrency?: number | undefined;
}

/** With it, all images have one size. */
export interface OneSize {
  readonly imageSize: readonly [height: number, width: number];
}

/** Encoded images by number. */
export interface ImageSource {
  readonly name: string;
  readonly size: number;
  readonly labels?: Int32Array | undefined;
  readonly classes?: readonly string[] | undefined;
  /** See `Dataset`. */
  readonly fingerprint: string;
  /** Where they all are, as an error names it. */
  readonly place: string;
  /** Image `index` through `decode`. Rejects with what is wrong with the file. */
  open(index: number, decode: DecodeImage): Promise<ImagePixels>;
  /** Image `index` as an error names it. */
  fileOf(index: number): string | Promise<string>;
}

/** @throws ArgumentError for options out of range. */
export function checkDecodedImageOptions(where: string, options: DecodedImageOptions): void {
  const { imageSize, channels, fit, maximumUnreadable = 0, maximumSide = 1, concurrency = 1 } = options;
  if (imageSize !== undefined) checkImageShape(`${where}.imageSize, channels`, [...imageSize, channels]);
  if (channels !== 1 && channels !== 3) throw new ArgumentError(`${where}.channels`, '1 or 3', channels);
  if (fit !== undefined && fit !== 'cover' && fit !== 'fill') {
    throw new ArgumentError(`${where}.fit`, "'cover' or 'fill'", fit);
  }
  if (!(maximumUnreadable >= 0 && maximumUnreadable < 1)) {
    throw new ArgumentError(`${where}.maximumUnreadable`, 'a share of 0 up to below 1', maximumUnreadable);
  }
  checkWhole(where, { maximumSide, concurrency }, 1);
}

/**
 * A whole batch is handed to Node's threads at once: while a training step holds the only JavaScript thread, nothing could
 * hand them the next image.
 */
export function decodedImages(
  where: string,
  source: ImageSource,
  decode: DecodeImage,
  { imageSize, channels, maximumUnreadable = 0, onUnreadable = warn, concurrency = 1024 }: DecodedImageOptions,
): ImageDataset {
  const { name, size, labels, classes, fingerprint } = source;
  const oneOf = limit(concurrency);
  const unreadable = new Set<number>();
  let told = 0;

  /** Notes an unreadable image, or throws if there are too many. */
  const note = async (index: number, cause: unknown): Promise<void> => {
    if (unreadable.has(index)) return;
    const reason = ((cause as Error).message ?? String(cause)).trim().replaceAll('\n', ' ');
    if (maximumUnreadable === 0) {
      throw new DataError(
        where,
        `${await source.fileOf(index)} cannot be read as an image (${reason}).`,
        'Replace or remove it, or allow a share of such files with maximumUnreadable.',
        cause,
      );
    }
    unreadable.add(index);
    const count = unreadable.size;
    const file = await source.fileOf(index);
    if (count > maximumUnreadable * size) {
      throw new DataError(
        where,
        `${count} of ${size} images cannot be read, more than the share of ${maximumUnreadable} that is allowed; the last was ${file} (${reason}).`,
        'Replace or remove them.',
        cause,
      );
    }
    onUnreadable({ file, reason, count: ++told }); // names of several that are found at once may come in any order
  };

  /** Image `index`, or the next of its class that can be read. */
  const image = async (index: number): Promise<ImagePixels> => {
    for (let at = index; ; ) {
      if (!unreadable.has(at)) {
        try {
          return await source.open(at, decode);
        } catch (cause) {
          if (KindredError.is(cause)) throw cause;
          const { code } = cause as NodeJS.ErrnoException;
          if (code !== undefined && !ofTheFile.has(code)) throw new DataError(where, (cause as Error).message, undefined, cause);
          await note(at, cause);
        }
      }
      at = nextOfClass(at, labels, size);
      if (at === index) {
        const of = labels === undefined ? source.place : `class ${classes?.[labels[at]!] ?? labels[at]}`;
        throw new DataError(where, `no image of ${of} can be read.`);
      }
    }
  };

  /** All images of a batch; nothing new is begun once one has failed. */
  const each = async (indices: Int32Array, take: (image: ImagePixels, row: number) => void): Promise<void> => {
    checkIndices(`${name}.read.indices`, indices, size);
    let failed = false;
    const reading = Array.from(indices, (index, row) =>
      oneOf(async () => {
        if (failed) return;
        try {
          take(await image(index), row);
        } catch (error) {
          failed = true;
          throw error;
        }
      }),
    );
    await Promise.all(reading);
  };
  const common = { name, size, channels, ...(labels && { labels }), ...(classes && { classes }), fingerprint };

  if (imageSize === undefined) {
    return {
      ...common,
      async read(indices) {
        const images: ImagePixels[] = [];
        await each(indices, (one, row) => (images[row] = one));
        return { images };
      },
    };
  }
  const [height, width] = imageSize;
  const bytes = height * width * channels;
  return {
    ...common,
    imageShape: [height, width, channels],
    async read(indices) {
      const pixels = new Uint8Array(indices.length * bytes);
      await each(indices, (one, row) => pixels.set(one.pixels, row * bytes));
      return { pixels, shape: [indices.length, height, width, channels] };
    },
  };
}

function warn({ file, reason, count }: UnreadableImage): void {
  process.emitWarning(`${file} cannot be read (${reason}), another of its class stands in for it: ${count} so far.`, 'UnreadableImage');
}

/** Faults of one file. Others, such as too many open files, are no reason to put another image in its place. */
const ofTheFile = new Set(['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'EIO', 'ELOOP']);

/** The next index with the same label, from the last on to the first. */
function nextOfClass(index: number, labels: Int32Array | undefined, size: number): number {
  if (labels === undefined) return (index + 1) % size;
  const after = labels.indexOf(labels[index]!, index + 1);
  return after === -1 ? labels.indexOf(labels[index]!) : after;
}
