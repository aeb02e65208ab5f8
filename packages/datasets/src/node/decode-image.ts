/** One image file to bytes, through sharp. */
import { open } from 'node:fs/promises';
import type { ImagePixels } from '@kindred/core';
import type sharp from 'sharp';
import { notInstalled } from './optional-package.js';

export interface DecodeOptions {
  /** `[H, W]` that images are brought to; without it they keep their own sizes. */
  readonly imageSize?: readonly [height: number, width: number] | undefined;
  readonly channels: 1 | 3;
  readonly fit: 'cover' | 'fill';
  /** Without `imageSize`: pixels of the longer side, beyond which an image is reduced. */
  readonly maximumSide: number;
}

/** The bytes of a file, or the file at a path, to `[H, W, C]`, 0..255. Rejects if that is not a whole image. */
export type DecodeImage = (file: Uint8Array | string) => Promise<ImagePixels>;

/** @throws DataError if sharp is not installed. */
export async function imageDecoder(where: string, { imageSize, channels, fit, maximumSide }: DecodeOptions): Promise<DecodeImage> {
  const read = await loadSharp(where);
  const resized =
    imageSize === undefined
      ? ({ width: maximumSide, height: maximumSide, fit: 'inside', withoutEnlargement: true } as const)
      : ({ height: imageSize[0], width: imageSize[1], fit, position: 'centre' } as const);
  return async (file) => {
    // 'error': a cut-off image is refused, mere warnings (stray bytes between JPEG markers) are not
    const decoded = read(file, { failOn: 'error', autoOrient: true })
      .flatten({ background: '#ffffff' })
      .resize({ ...resized, kernel: 'cubic' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    // in parallel, not before: decoding starts at once, and continues while a training step holds the thread
    const [{ data, info }] = await Promise.all([decoded, checkDepth(read, file)]);
    const pixels = channels === 1 ? toGrey(data, info.channels) : toColor(data, info.channels);
    return { pixels, shape: [info.height, info.width, channels] };
  };
}

/** Height and width of an image as it lies on disk, turned as EXIF says. Its header alone is read. */
export async function imageSides(where: string): Promise<(file: Uint8Array | string) => Promise<readonly [height: number, width: number]>> {
  const read = await loadSharp(where);
  return async (file) => {
    const { autoOrient } = await read(file, { failOn: 'error' }).metadata();
    return [autoOrient.height, autoOrient.width];
  };
}

/**
 * TIFF alone may hold other numbers than bytes and 16 bits; to ask sharp for every file's header would take time. The first bytes tell, whatever the file
 * is called.
 */
async function isTiff(file: Uint8Array | string): Promise<boolean> {
  const [first, second] = typeof file === 'string' ? await firstBytes(file) : file;
  return (first === 0x49 || first === 0x4d) && first === second;
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    return (await handle.read(new Uint8Array(2), 0, 2, 0)).buffer;
  } finally {
    await handle.close();
  }
}

/** Which value of a measurement is black and which is white is unknown: values would be clipped to 0..255 silently. */
async function checkDepth(read: typeof sharp, file: Uint8Array | string): Promise<void> {
  if (!(await isTiff(file))) return;
  const { depth, space } = await read(file).metadata();
  if (depth === 'uchar' || depth === 'ushort' || space === 'scrgb' || space === 'lab' || space === 'labs') return;
  throw new Error(`it holds numbers of type ${depth}, expected 8 or 16 bits`);
}

/** @throws DataError if sharp is not installed. */
export async function loadSharp(where: string): Promise<typeof sharp> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw notInstalled(where, 'sharp', cause);
  }
}

/** Luma of ITU-R BT.601, as PIL's mode `L`: 0.299 R + 0.587 G + 0.114 B. */
function toGrey(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 1) return data;
  return Uint8Array.from({ length: data.length / channels }, (_, pixel) => {
    const at = pixel * channels;
    return Math.round(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!);
  });
}

function toColor(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  if (channels !== 1) throw new Error(`it has ${channels} channels, expected grey or colours`);
  return Uint8Array.from({ length: (data.length / channels) * 3 }, (_, i) => data[Math.floor(i / 3) * channels]!);
}
