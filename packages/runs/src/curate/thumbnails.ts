/** Small pictures of image files, many on one sheet. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';

/** Small pictures, row by row. */
export interface Thumbnails {
  /** WebP */
  readonly content: Buffer;
  /** Pictures in a row of the sheet. */
  readonly columns: number;
  /** Places of the files that cannot be read; they are grey. */
  readonly unreadable: readonly number[];
}

/**
 * Puts files on a sheet, each cut to a square.
 *
 * @param size Pixels of a side, above 0.
 * @param columns Pictures in a row; default: as many as make the sheet near square.
 */
export async function thumbnailSheet(files: readonly (string | Uint8Array)[], size: number, columns = Math.max(1, Math.ceil(Math.sqrt(files.length)))): Promise<Thumbnails> {
  const rows = Math.max(1, Math.ceil(files.length / columns));
  const stride = columns * size * 3;
  const sheet = Buffer.alloc(rows * size * stride, 128);
  const unreadable: number[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++) {
      try {
        const file = files[i]!;
        const tile = await sharp(typeof file === 'string' ? await readFile(file) : file, { failOn: 'error', autoOrient: true })
          .flatten({ background: '#ffffff' })
          .resize(size, size, { fit: 'cover' })
          .toColourspace('srgb')
          .raw({ depth: 'uchar' })
          .toBuffer({ resolveWithObject: true });
        const { data, info: { channels } } = tile;
        const start = Math.floor(i / columns) * size * stride + (i % columns) * size * 3;
        for (let y = 0; y < size; y++) {
          for (let x = 0; x < size; x++) {
            for (let c = 0; c < 3; c++) sheet[start + y * stride + x * 3 + c] = data[(y * size + x) * channels + (channels < 3 ? 0 : c)]!;
          }
        }
      } catch {
        unreadable.push(i);
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  const content = await sharp(sheet, { raw: { width: columns * size, height: rows * size, channels: 3 } }).webp({ quality: 82 }).toBuffer();
  return { content, columns, unreadable: unreadable.sort((a, b) => a - b) };
}
