/** The views that a run trains on: as images, and through its encoder. */
import { type Augmentation, imageViews, viewPipeline, type ViewSettings } from '@kindred/augmentations';
import type { Encoder, ImageBatch, ImageDataset } from '@kindred/core';
import type { Features } from '@kindred/evaluation';
import type { ImageSheet, ViewSample } from '@kindred/report';
import { add, clipByValue, dispose, mul, reshape, tensor1d, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { encoderInputOf } from '../run/encoder-input.js';
import { type PretrainSettings, viewsOf } from '../settings/pretrain-settings.js';
import { evenly } from '../some-images.js';
import { labelOf, pictures, sheetOf } from './report-sheets.js';

type Trained = Pick<PretrainSettings, 'name' | 'views' | 'viewSize' | 'seed'>;

/** Images that are shown, and views of each. */
const [samples, shown] = [6, 10];

/** Some training images and their views, from the first epochs of the run: those that its seed draws. */
export async function viewSamples(settings: Trained, dataset: ImageDataset, name: string): Promise<{ views: ViewSample[]; sheets: Record<string, ImageSheet> }> {
  const chosen = evenly(dataset, samples);
  const batch = await dataset.read(chosen);
  const { pipelines, normal } = pipelinesOf(settings, dataset);
  const columns: { sheet: string; offset: number }[] = [];
  const parts: Record<string, { bytes: Uint8Array[]; shape: readonly [number, number, number] }> = {};
  for (let epoch = 0; epoch < Math.ceil(shown / pipelines.length); epoch++) {
    for (const [i, view] of drawn(pipelines, settings.seed, epoch, chosen, batch).entries()) {
      const [, h, w, c] = view.shape;
      const sheet = `${name} views ${w}×${h}`;
      const part = (parts[sheet] ??= { bytes: [], shape: [h, w, c] });
      columns.push({ sheet, offset: part.bytes.length * chosen.length });
      part.bytes.push(asBytes(view, normal[i]));
      dispose(view);
    }
  }
  const originals = `${name} originals`;
  const sheets: Record<string, ImageSheet> = { [originals]: await sheetOf(await pictures(dataset, encoderInputOf(settings, dataset)).read(chosen)) };
  for (const [sheet, { bytes: views, shape }] of Object.entries(parts)) sheets[sheet] = await sheetOf({ pixels: Buffer.concat(views), shape: [views.length * chosen.length, ...shape] });
  const views = [...chosen].map((id, row): ViewSample => {
    const label = labelOf(dataset, id);
    return {
      original: { sheet: originals, tile: row, label },
      views: columns.slice(0, shown).map(({ sheet, offset }, i) => ({ sheet, tile: offset + row, label: `${label}, view ${i + 1}` })),
    };
  });
  return { views, sheets };
}

/** Embeddings of two views of each of some training images, as drawn in the first epoch. */
export async function viewPairs(settings: Trained, dataset: ImageDataset, encoder: Encoder, images: number): Promise<readonly [Features, Features]> {
  const chosen = evenly(dataset, images);
  const { pipelines } = pipelinesOf(settings, dataset);
  const [first, second] = [[] as Float32Array[], [] as Float32Array[]];
  const atATime = 128;
  for (let start = 0; start < chosen.length; start += atATime) {
    const ids = chosen.subarray(start, start + atATime);
    const views = drawn(pipelines.slice(0, 2), settings.seed, 0, ids, await dataset.read(ids.slice()));
    for (const [i, list] of [first, second].entries()) {
      const embeddings = tidy(() => encoder.apply(views[i]!, 'eval'));
      list.push((await embeddings.data()) as Float32Array);
      embeddings.dispose();
    }
    dispose(views);
  }
  const joined = (parts: readonly Float32Array[]): Features => ({ values: Float32Array.from(parts.flatMap((part) => [...part])), dimension: encoder.dimension });
  return [joined(first), joined(second)];
}

/** Two or more views: one description serves two, several are one a view. */
function pipelinesOf(settings: Trained, dataset: ImageDataset): { pipelines: Augmentation[]; normal: ViewSettings['normalize'][] } {
  const each = viewsOf(settings.views);
  const list = each.length === 1 ? [each[0]!, each[0]!] : each;
  const { size: output, channels } = encoderInputOf(settings, dataset);
  return { pipelines: list.map((view) => viewPipeline(view, { output, channels })), normal: list.map(({ normalize }) => normalize) };
}

const drawn = (pipelines: readonly Augmentation[], seed: number, epoch: number, sampleIds: Int32Array, batch: ImageBatch): Tensor4D[] =>
  imageViews(pipelines).make(batch, { seed, epoch, sampleIds });

/** A view as it looked before it was normalised. */
function asBytes(view: Tensor4D, normal: ViewSettings['normalize']): Uint8Array {
  const values = tidy(() => {
    const channels = view.shape[3];
    const flat = reshape(view, [-1, channels]);
    const plain = normal === undefined ? flat : add(mul(flat, tensor1d([...normal.deviation])), tensor1d([...normal.mean]));
    return clipByValue(mul(plain, 255), 0, 255).dataSync();
  });
  return Uint8Array.from(values, Math.round);
}
