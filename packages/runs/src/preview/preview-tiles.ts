/** Views of images as bytes that can be displayed. */
import { applyViews, drawViews, viewPipeline, type ViewSettings } from '@kindred/augmentations';
import { type ImageBatch, imagesOf } from '@kindred/core';
import { add, clipByValue, dispose, mul, reshape, tensor1d, type Tensor4D, tidy } from '@tensorflow/tfjs-core';

/** An image in bytes, `[height, width, 3]`. */
export interface Tile {
  readonly bytes: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** What is drawn. */
export interface TileOptions {
  readonly seed: number;
  /** How often each view is drawn: the draws of a run's first epochs. */
  readonly draws: number;
}

/** The size of views, for images of varying sizes. */
const usualOutput = [224, 224] as const;

/** Images of a dataset as tiles. */
export function originals(images: ImageBatch): Tile[] {
  return imagesOf(images).map(({ pixels, shape: [height, width, channels] }) => ({ bytes: inColours(pixels, channels), height, width }));
}

/** The views of images, `[image][view][draw]`, as they look before they are normalised. */
export function viewTiles(
  views: readonly ViewSettings[],
  { batch, ids }: { readonly batch: ImageBatch; readonly ids: Int32Array },
  { seed, draws }: TileOptions,
): Tile[][][] {
  const images = imagesOf(batch);
  const channels = images[0]!.shape[2];
  const output: readonly [number, number] = 'shape' in batch ? [batch.shape[1], batch.shape[2]] : usualOutput;
  // grey images take part in views that are normalised as colours are
  const depths = views.map(({ normalize }) => (normalize?.mean.length === 3 ? 3 : channels));
  const pipelines = views.map((settings, v) => viewPipeline(settings, { output, channels: depths[v]! }));
  const coloured: ImageBatch = { images: images.map(({ pixels, shape: [height, width] }) => ({ pixels: inColours(pixels, channels), shape: [height, width, 3] })) };
  const rows = images.map(() => views.map((): Tile[] => []));
  for (let epoch = 0; epoch < draws; epoch++) {
    const records = drawViews(pipelines, { seed, epoch, sampleIds: ids, size: images.map(({ shape: [height, width] }) => ({ height, width })) });
    for (const [v, pipeline] of pipelines.entries()) {
      const [view] = applyViews([pipeline], depths[v] === channels ? batch : coloured, [records[v]!]) as [Tensor4D];
      const shape = view.shape;
      for (const [i, tile] of originals({ pixels: asBytes(view, views[v]!.normalize), shape }).entries()) rows[i]![v]!.push(tile);
      dispose(view);
    }
  }
  return rows;
}

function inColours(bytes: Uint8Array, channels: number): Uint8Array {
  return channels === 3 ? bytes.slice() : Uint8Array.from({ length: bytes.length * 3 }, (_, i) => bytes[Math.floor(i / 3)]!);
}

/** A view as it looked before it was normalised. */
function asBytes(view: Tensor4D, normal: ViewSettings['normalize']): Uint8Array {
  const values = tidy(() => {
    const flat = reshape(view, [-1, view.shape[3]]);
    const plain = normal === undefined ? flat : add(mul(flat, tensor1d([...normal.deviation])), tensor1d([...normal.mean]));
    return clipByValue(mul(plain, 255), 0, 255).dataSync();
  });
  return Uint8Array.from(values, Math.round);
}
