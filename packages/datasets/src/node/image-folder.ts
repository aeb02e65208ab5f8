/** Images in folders, decoded when they are read. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { digest, type ImageDataset, type ImagePixels, type UniformImageDataset } from '@kindred/core';
import { imageDecoder } from './decode-image.js';
import { checkDecodedImageOptions, type DecodedImageOptions, decodedImages, type OneSize, usualMaximumSide } from './decoded-images.js';
import { composed, imageFiles } from './image-files.js';
import { tellLeftOut } from './left-out.js';
import { limit } from './limit.js';

export interface ImageFolderOptions extends DecodedImageOptions {
  /** The folder of `<split>/<class>/<file>`, `<class>/<file>`, `<split>/<file>` or `<file>`. */
  readonly root: string;
  /** The folder of the split within `root`; without it, `root` itself. */
  readonly split?: string | undefined;
}

/**
 * A dataset over a folder of JPEG, PNG, WebP, GIF, TIFF or AVIF images, through sharp (`npm install sharp`). The folder is
 * listed once and sorted by class, then path, by code units: ids are the same on every machine. Nothing is kept in
 * memory but the names. Hidden files, files with another extension and what is not a file are skipped, counted and named.
 *
 * Images keep their own sizes, up to `maximumSide`, so that crops come from the image as it is on disk; with `imageSize`
 * they are all brought to one. They leave as 8-bit sRGB, or as grey by the weights 0.299, 0.587, 0.114: turned as EXIF says,
 * colour profiles and CMYK converted, 16 bits brought to 8, transparency laid over white, the first frame of an animation,
 * resized bicubically without aliasing. Classes are folders; with a `split` their numbers are those of the classes of all
 * splits (train, val, validation, valid, test) together. Reduced images are within a few levels of PIL's bicubic; enlarged
 * ones are shifted by a fifth of a source pixel against it, as sharp does. A JPEG that decodes with mere warnings (stray bytes
 * between markers, a damaged block) is read as it is, as other libraries do.
 *
 * @throws DataError if there are no images, or sharp is not installed; from `read`, if a file is not a whole image, or
 *   if there are more of these than `maximumUnreadable` allows.
 *
 * @example
 * // the images of /data/flowers/train/<class>/
 * const train = () => imageFolder({ root: '/data/flowers', split: 'train', channels: 3 });
 */
export function imageFolder(options: ImageFolderOptions & OneSize): Promise<UniformImageDataset>;
export function imageFolder(options: ImageFolderOptions): Promise<ImageDataset>;
export async function imageFolder(options: ImageFolderOptions): Promise<ImageDataset> {
  const { root, split, imageSize, channels, fit = 'cover', maximumSide = usualMaximumSide } = options;
  checkDecodedImageOptions('imageFolder', options);
  const decode = await imageDecoder('imageFolder', { imageSize, channels, fit, maximumSide });
  const { folder, paths, labels, classes, leftOut } = await imageFiles('imageFolder', root, split);
  tellLeftOut(folder, leftOut, options.onLeftOut);
  const fileOf = (index: number): string => join(folder, paths[index]!);
  const some = limit(64);
  const sizes = await Promise.all(paths.map((_, index) => some(async () => (await stat(fileOf(index)).catch(() => ({ size: -1 }))).size)));
  const name = [basename(resolve(root)), ...(split === undefined ? [] : [split])].join('/');
  const source = {
    name,
    size: paths.length,
    labels,
    classes,
    fingerprint: digest(paths.flatMap((path, i) => [composed(path), sizes[i]!])),
    place: folder,
    fileOf,
    // by its path, sharp reads and decodes a file in one go on one of Node's threads; bytes in between would have to pass
    // through JavaScript's, which a training step may hold. It takes 0.2 ms of processor time more than bytes at hand
    open: (index: number): Promise<ImagePixels> =>
      decode(fileOf(index)).catch(async () => decode(await readFile(fileOf(index)))), // once more, for the fault's own name
  };
  return { ...decodedImages('imageFolder', source, decode, options), files: { folder: resolve(folder), names: paths } };
}
