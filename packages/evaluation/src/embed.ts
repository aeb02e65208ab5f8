/** Images to features: through an encoder, or as they are. */
import { type Tensor, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core';
import { ArgumentError, DivergenceError, type Encoder, ShapeError, type UniformImageDataset, type UniformImages } from '@kindred/core';
import type { Features } from './features.js';
import { turn, type Watched } from './progress.js';

export interface EmbedOptions extends Watched {
  /** Images a pass, above 0. Every pass has this many (fewer where the dataset has fewer): the last is filled with black. */
  readonly batchSize: number;
  /** What the encoder expects done to images `[N, H, W, C]` in 0..1 before it sees them: normalising, a centre crop. */
  readonly prepare?: ((images: Tensor4D) => Tensor4D) | undefined;
}

/**
 * What an encoder makes of every image of a dataset, in the dataset's order: evaluation mode (moving statistics, nothing
 * changes), bytes divided by 255, no augmentation. The next images are read while the engine computes.
 *
 * @returns Rows of the encoder's dimension; labels as in the dataset, sampleIds 0..N−1.
 * @throws ArgumentError for batchSize, and for an empty dataset.
 * @throws ShapeError where the encoder gives other than `[N, dimension]`.
 * @throws DivergenceError where an embedding holds NaN or an infinity.
 *
 * @example
 * const dataset = inMemoryDataset({ name: 'two', images: Uint8Array.of(0, 255), imageShape: [1, 1, 1] });
 * const encoder = { dimension: 1, apply: (images: tf.Tensor4D) => tf.reshape(images, [-1, 1]) as tf.Tensor2D };
 * (await embed(encoder, dataset, { batchSize: 2 })).values; // => [0, 1]
 */
export async function embed(
  encoder: Pick<Encoder, 'apply' | 'dimension'>,
  dataset: UniformImageDataset,
  { batchSize, prepare, onProgress, signal }: EmbedOptions,
): Promise<Features> {
  checkDataset('embed', dataset);
  if (!(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new ArgumentError('embed.batchSize', 'a whole number above 0', batchSize);
  }
  const { dimension } = encoder;
  const values = new Float32Array(dataset.size * dimension);
  const rows = Math.min(batchSize, dataset.size);
  const shape: [number, number, number, number] = [rows, ...dataset.imageShape];
  for await (const { start, count, pixels } of batches(dataset, rows, signal)) {
    const embeddings = tidy(() => {
      const images = tensor4d(pixels, shape);
      return encoder.apply(prepare === undefined ? images : prepare(images), 'eval');
    });
    try {
      checkEmbeddings(embeddings, rows, dimension);
      const batch = (await embeddings.data()).subarray(0, count * dimension);
      const fault = batch.findIndex((value) => !Number.isFinite(value));
      if (fault >= 0) {
        throw new DivergenceError(
          'embed',
          `the embedding of image ${start + Math.floor(fault / dimension)} holds ${batch[fault]}.`,
          "The encoder's weights or moving statistics are not finite numbers: take an earlier checkpoint.",
        );
      }
      values.set(batch, start * dimension);
    } finally {
      embeddings.dispose();
    }
    onProgress?.(start + count, dataset.size);
  }
  return { values, dimension, ...identity(dataset) };
}

/**
 * The images themselves as features, bytes divided by 255: what an encoder must beat.
 *
 * @returns Rows of H·W·C numbers in 0..1; labels as in the dataset, sampleIds 0..N−1.
 * @throws ArgumentError for an empty dataset.
 *
 * @example
 * const dataset = inMemoryDataset({ name: 'one', images: Uint8Array.of(0, 51), imageShape: [1, 2, 1] });
 * (await rawPixels(dataset)).values; // => [0, 0.2]
 */
export async function rawPixels(dataset: UniformImageDataset, { onProgress, signal }: Watched = {}): Promise<Features> {
  checkDataset('rawPixels', dataset);
  const dimension = dataset.imageShape.reduce((product, length) => product * length, 1);
  const values = new Float32Array(dataset.size * dimension);
  for await (const { start, count, pixels } of batches(dataset, Math.min(1024, dataset.size), signal)) {
    values.set(pixels.subarray(0, count * dimension), start * dimension);
    onProgress?.(start + count, dataset.size);
  }
  return { values, dimension, ...identity(dataset) };
}

interface Batch {
  /** The number of its first image. */
  readonly start: number;
  /** How many of its rows are images; the others are 0. */
  readonly count: number;
  /** `[rows, H, W, C]`, 0..1. Nobody writes to it later: an engine may share its memory. */
  readonly pixels: Float32Array;
}

/** The images in order, `rows` at a time, each batch read while its predecessor is used. */
async function* batches(dataset: UniformImageDataset, rows: number, signal: Watched['signal']): AsyncGenerator<Batch> {
  const { size, imageShape } = dataset;
  const length = imageShape.reduce((product, axis) => product * axis, 1);
  const read = (start: number): Promise<UniformImages> => {
    const bytes = dataset.read(Int32Array.from({ length: Math.min(rows, size - start) }, (_, i) => start + i));
    bytes.catch(() => undefined); // whoever awaits it sees the error; without this Node ends where nobody does any more
    return bytes;
  };
  let next = read(0);
  for (let start = 0; start < size; start += rows) {
    await turn(signal);
    const { pixels: bytes } = await next;
    const count = Math.min(rows, size - start);
    if (bytes.length !== count * length) {
      throw new ShapeError(
        `embed: dataset ${dataset.name}`,
        `read gave ${bytes.length} bytes for ${count} images, expected ${count * length} = ${count} × [${imageShape.join(', ')}].`,
      );
    }
    if (start + rows < size) next = read(start + rows);
    const pixels = new Float32Array(rows * length);
    for (let i = 0; i < bytes.length; i++) pixels[i] = bytes[i]! / 255;
    yield { start, count, pixels };
  }
}

function identity({ size, labels }: UniformImageDataset): Pick<Features, 'labels' | 'sampleIds'> {
  return { ...(labels && { labels: labels.slice() }), sampleIds: Int32Array.from({ length: size }, (_, i) => i) };
}

function checkDataset(where: string, { name, size }: UniformImageDataset): void {
  if (!(size > 0)) throw new ArgumentError(`${where}.dataset.size`, 'one image or more', size, `${name} is empty.`);
}

function checkEmbeddings({ shape }: Tensor, rows: number, dimension: number): void {
  if (shape.length === 2 && shape[0] === rows && shape[1] === dimension) return;
  throw new ShapeError('embed', `the encoder gave [${shape.join(', ')}], expected [N, dimension] = [${rows}, ${dimension}].`, {
    expected: `[${rows}, ${dimension}]`,
    received: shape,
    remedy: 'Pool its output to one vector an image.',
  });
}
