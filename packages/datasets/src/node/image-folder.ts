/** Images in folders, decoded when they are read. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { digest, type UniformImageDataset } from '@kindred/core';
import { imageDecoder } from './decode-image.js';
import { checkDecodedImageOptions, type DecodedImageOptions, decodedImages } from './decoded-images.js';
import { imageFiles } from './image-files.js';
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
export async function imageFolder(options: ImageFolderOptions): Promise<UniformImageDataset> {
  const { root, split, imageSize, channels, fit = 'cover' } = options;
  checkDecodedImageOptions('imageFolder', options);
  const decode = await imageDecoder('imageFolder', { imageSize, channels, fit });
  const { folder, paths, labels, classes } = await imageFiles('imageFolder', root, split);
  const fileOf = (index: number): string => join(folder, paths[index]!);
  const some = limit(64);
  const sizes = await Promise.all(paths.map((_, index) => some(async () => (await stat(fileOf(index)).catch(() => ({ size: -1 }))).size)));
  const name = [basename(resolve(root)), ...(split === undefined ? [] : [split])].join('/');
  const source = {
    name,
    size: paths.length,
    labels,
    classes,
    fingerprint: digest(paths.flatMap((path, i) => [path, sizes[i]!])),
    place: folder,
    fileOf,
    // by its path, sharp reads and decodes a file in one go on one of Node's threads; bytes in between would have to pass
    // through JavaScript's, which a training step may hold. It takes 0.2 ms of processor time more than bytes at hand
    open: (index: number): Promise<Uint8Array> =>
      decode(fileOf(index)).catch(async () => decode(await readFile(fileOf(index)))), // once more, for the fault's own name
  };
  return decodedImages('imageFolder', source, decode, options);
}
