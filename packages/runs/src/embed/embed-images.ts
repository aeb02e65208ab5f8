/** Images to a file of embeddings, in pieces: what is done stays done. */
import { imageInput } from '@kindred/augmentations';
import { disposeNetwork } from '@kindred/backbones';
import { DataError, type ImagePixels } from '@kindred/core';
import type { NamedImage, NamedImages, UnreadImage } from '@kindred/datasets/node';
import { embed } from '@kindred/evaluation';
import { checkSameWeights } from '@kindred/gallery';
import { openEmbeddingJournal, readEmbeddings } from '@kindred/gallery/node';
import { existsSync } from 'node:fs';
import type { LoadedEncoder } from './load-encoder.js';

/** What to embed, and where to. */
export interface EmbedImagesOptions {
  /** The file to write: .safetensors, .npy or .parquet. */
  readonly out: string;
  /** Keep what the file holds, and embed the images that are not in it. Default: false, the file is replaced. */
  readonly append?: boolean | undefined;
  /** Images per pass; 64 by default. */
  readonly batchSize?: number | undefined;
  /** Images that are done, of all. */
  readonly onProgress?: ((done: number, size: number) => void) | undefined;
  /** Called for each image that could not be read. */
  readonly onError?: ((id: string, reason: string) => void) | undefined;
  /** Ends work after the running batch; the next call goes on from there. */
  readonly signal?: AbortSignal | undefined;
}

/** What was embedded. */
export interface EmbedImagesResult {
  /** Rows of the file. */
  readonly images: number;
  /** Images without a row. */
  readonly errors: number;
  /** Images that an earlier call had done. */
  readonly before: number;
  /** False if the signal ended it: the file is not written yet. */
  readonly finished: boolean;
}

/**
 * Embeds images and writes their names, sides, classes and errors beside the numbers. A call that was killed goes on from its last batch. The encoder
 * is freed. Memory holds two batches of images, and the names of all.
 *
 * @throws DataError if no image can be read, or the file cannot be written. @throws KindredError (`WeightsError`) if the file, or what is left of a call that
 * was killed, is of another encoder.
 */
export async function embedImages(
  { encoder, input, source }: LoadedEncoder,
  images: NamedImages,
  { out, append = false, batchSize = 64, onProgress, onError, signal }: EmbedImagesOptions,
): Promise<EmbedImagesResult> {
  try {
    const held = append && existsSync(out) ? await readEmbeddings(out) : undefined;
    if (held !== undefined) checkSameWeights(out, held.source, source);
    const { values = new Float32Array(), ids = [], heights, widths, labels, classes } = held ?? {};
    const journal = await openEmbeddingJournal(out, {
      source: { ...source, ...(images.root !== undefined && { root: images.root }) },
      dimension: encoder.dimension,
      ...(held && {
        before: {
          about: { source, dimension: encoder.dimension, ids, classes, errors: [] },
          heights: heights!,
          widths: widths!,
          labels,
          async *rows() {
            yield values;
          },
        },
      }),
    });
    let finished = false;
    try {
      const left = images.ids.flatMap((id, index) => (journal.done.has(id) ? [] : [index]));
      const before = images.ids.length - left.length;
      const toInput = imageInput(input);
      const read = (at: number): Promise<(NamedImage | UnreadImage)[]> => images.read(left.slice(at, at + batchSize));
      let next = read(0);
      for (let at = 0; at < left.length && signal?.aborted !== true; at += batchSize) {
        const batch = await next;
        next = at + batchSize < left.length ? read(at + batchSize) : Promise.resolve([]);
        const whole = batch.flatMap((each) => ('image' in each ? [each.image] : []));
        const rows = whole.length === 0 ? new Float32Array() : await rowsOf(encoder, whole, toInput);
        await journal.add(
          batch.map((each, i) => {
            const index = left[at + i]!;
            const id = images.ids[index]!;
            if ('reason' in each) {
              onError?.(id, each.reason);
              return { id, reason: each.reason };
            }
            const label = images.labels?.[index] ?? -1;
            return { id, height: each.height, width: each.width, ...(label >= 0 && { class: images.classes?.[label] ?? String(label) }) };
          }),
          rows,
        );
        onProgress?.(before + at + batch.length, images.ids.length);
      }
      if (signal?.aborted === true) {
        await journal.close();
        return { images: 0, errors: 0, before, finished };
      }
      const result = await journal.finish();
      finished = true;
      if (result.images === 0) throw new DataError(images.name, `none of ${result.errors} images can be read.`, `${out} says why.`);
      return { ...result, before, finished };
    } catch (error) {
      if (!finished) await journal.close().catch(() => undefined); // what went wrong first is what is told
      throw error;
    }
  } finally {
    disposeNetwork(encoder);
  }
}

async function rowsOf(encoder: LoadedEncoder['encoder'], images: readonly ImagePixels[], toInput: ReturnType<typeof imageInput>): Promise<Float32Array> {
  const dataset = { name: 'a batch', size: images.length, fingerprint: '', read: () => Promise.resolve({ images }) };
  return (await embed(encoder, dataset, { batchSize: images.length, toInput })).values;
}
