/** One image file to bytes of a fixed size, through sharp. */
import type sharp from 'sharp';
import { notInstalled } from './optional-package.js';

export interface DecodeOptions {
  readonly imageSize: readonly [height: number, width: number];
  readonly channels: 1 | 3;
  readonly fit: 'cover' | 'fill';
}

/** The bytes of a file, or the file at a path, to `[H, W, C]`, 0..255. Rejects where that is no whole image. */
export type DecodeImage = (file: Uint8Array | string) => Promise<Uint8Array>;

/** @throws DataError where sharp is not installed. */
export async function imageDecoder(where: string, { imageSize, channels, fit }: DecodeOptions): Promise<DecodeImage> {
  const open = await loadSharp(where);
  const [height, width] = imageSize;
  return async (file) => {
    // 'error': a cut-off image is refused, mere warnings (stray bytes between JPEG markers) are not
    const image = open(file, { failOn: 'error', autoOrient: true });
    const { data, info } = await image
      .flatten({ background: '#ffffff' })
      .resize({ width, height, fit, position: 'centre', kernel: 'cubic' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return channels === 1 ? toGrey(data, info.channels) : toColor(data, info.channels);
  };
}

async function loadSharp(where: string): Promise<typeof sharp> {
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
  return Uint8Array.from({ length: (data.length / channels) * 3 }, (_, i) => data[Math.floor(i / 3) * channels]!);
}
