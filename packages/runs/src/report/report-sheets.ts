/** Images of a report: many small ones as one file, embedded in the page as a data URL. */
import type { EncoderInput, ImageDataset, UniformImageDataset, UniformImages } from '@kindred/core';
import { adaptImages } from '@kindred/evaluation';
import type { ImageSheet } from '@kindred/report';
import sharp from 'sharp';

/** The longest side of an image on a sheet, in pixels; larger ones are made smaller. */
const longest = 64;

/** Puts images row by row on a sheet, near square. Lossy: 28×28 grey take about 220 bytes per image. */
export async function sheetOf({ pixels: bytes, shape: [count, height, width, channels] }: UniformImages): Promise<ImageSheet> {
  const shrink = Math.min(1, longest / Math.max(height, width));
  const [h, w] = [Math.max(1, Math.round(height * shrink)), Math.max(1, Math.round(width * shrink))];
  const columns = Math.max(1, Math.ceil(Math.sqrt((count * h) / w)));
  const rows = Math.ceil(count / columns);
  const sheet = new Uint8Array(rows * h * columns * w * channels);
  for (let i = 0; i < count; i++) {
    const whole = bytes.subarray(i * height * width * channels, (i + 1) * height * width * channels);
    const image = shrink === 1 ? whole : await shrunk(whole, [height, width, channels], [h, w]);
    const [top, left] = [Math.floor(i / columns) * h, (i % columns) * w];
    for (let y = 0; y < h; y++) {
      sheet.set(image.subarray(y * w * channels, (y + 1) * w * channels), ((top + y) * columns * w + left) * channels);
    }
  }
  const raw = { width: columns * w, height: rows * h, channels: channels as 1 | 3 };
  const webp = await sharp(sheet, { raw }).webp({ quality: 85, smartSubsample: true }).toBuffer();
  return { url: `data:image/webp;base64,${webp.toString('base64')}`, tile: [w, h], columns, count };
}

async function shrunk(bytes: Uint8Array, [height, width, channels]: readonly [number, number, number], [h, w]: readonly [number, number]): Promise<Uint8Array> {
  const raw = { width, height, channels: channels as 1 | 3 };
  // the view says where in its memory the image is; sharp takes it as it is
  return sharp(Uint8Array.from(bytes), { raw }).resize(w, h, { fit: 'fill' }).raw().toBuffer();
}

/** The images of a dataset as pictures of one size: as they are if they have one, else as the encoder sees them. */
export const pictures = (dataset: ImageDataset, input: EncoderInput): UniformImageDataset =>
  dataset.imageShape === undefined ? adaptImages(dataset, { ...input, channels: dataset.channels as 1 | 3 }).dataset : (dataset as UniformImageDataset);

/** What an image of a dataset is called: its class and number. */
export function labelOf({ labels, classes }: Pick<ImageDataset, 'labels' | 'classes'>, id: number): string {
  const label = labels?.[id] ?? -1;
  return [label < 0 ? undefined : (classes?.[label] ?? `class ${label}`), `image ${id}`].filter(Boolean).join(', ');
}
