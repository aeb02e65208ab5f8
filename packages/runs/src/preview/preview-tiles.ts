/** Views of images as bytes that a person can look at. */
import { applyViews, drawViews, viewPipeline, type ViewSettings } from '@kindred/augmentations';
import type { UniformImageDataset } from '@kindred/core';
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

/** Images of a dataset as tiles. */
export function originals(bytes: Uint8Array, [height, width, channels]: UniformImageDataset['imageShape']): Tile[] {
  const length = height * width * channels;
  return Array.from({ length: bytes.length / length }, (_, i) => ({
    bytes: inColours(bytes.subarray(i * length, (i + 1) * length), channels),
    height,
    width,
  }));
}

/** The views of images, `[image][view][draw]`, as they look before they are normalised. */
export function viewTiles(
  views: readonly ViewSettings[],
  images: { readonly bytes: Uint8Array; readonly ids: Int32Array; readonly shape: UniformImageDataset['imageShape'] },
  { seed, draws }: TileOptions,
): Tile[][][] {
  const [height, width, channels] = images.shape;
  const count = images.ids.length;
  const size = { height, width };
  // grey images take part in views that are normalised as colours are
  const depths = views.map(({ normalize }) => (normalize?.mean.length === 3 ? 3 : channels));
  const pipelines = views.map((settings, v) => viewPipeline(settings, { output: [height, width], channels: depths[v]! }));
  const rows = Array.from({ length: count }, () => views.map((): Tile[] => []));
  for (let epoch = 0; epoch < draws; epoch++) {
    const records = drawViews(pipelines, { seed, epoch, sampleIds: images.ids, size });
    for (const [v, pipeline] of pipelines.entries()) {
      const depth = depths[v]!;
      const pixels = depth === channels ? images.bytes : inColours(images.bytes, channels);
      const [view] = applyViews([pipeline], { pixels, shape: [count, height, width, depth] }, [records[v]!]) as [Tensor4D];
      const shape = [view.shape[1], view.shape[2], depth] as const;
      for (const [i, tile] of originals(asBytes(view, views[v]!.normalize), shape).entries()) rows[i]![v]!.push(tile);
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
