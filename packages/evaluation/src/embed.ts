/** Samples to features: through an encoder, or as they are. */
import { bytesToImages } from '@kindred/augmentations';
import {
  ArgumentError,
  checkWhole,
  type Communicator,
  type Dataset,
  DivergenceError,
  type ImageBatch,
  type Mode,
  oneRank,
  ShapeError,
  type UniformImageDataset,
} from '@kindred/core';
import { pad, type Tensor, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { allFinite, type Features } from './features.js';
import { turn, type Watched } from './progress.js';

export interface EmbedOptions<Batch = ImageBatch, Input extends Tensor = Tensor4D> extends Watched {
  /** Samples per pass, above 0. Every pass has this many (fewer if the dataset has fewer): the last is filled with zeros. */
  readonly batchSize: number;
  /**
   * Converts what the dataset reads to what the encoder expects, N rows: for images `imageInput(input)` of augmentations, with the
   * `EncoderInput` that was saved with the encoder. Default: images of one size as they are, bytes divided by 255.
   */
  readonly toInput?: ((batch: Batch) => Input) | undefined;
  /** The ranks that share the work, all of which make this call; each embeds its part and receives the whole. Default: this process alone. */
  readonly communicator?: Communicator | undefined;
}

/**
 * The embeddings of every sample of a dataset, in the dataset's order: evaluation mode (moving statistics, nothing
 * changes), no augmentation. The next samples are read while the engine computes.
 *
 * @returns Rows of the encoder's dimension; labels as in the dataset, sampleIds 0..N−1.
 * @throws ArgumentError for batchSize, and for an empty dataset.
 * @throws ShapeError if the encoder gives other than `[N, dimension]`, or images keep several sizes and `toInput` is absent.
 * @throws DivergenceError if an embedding holds NaN or an infinity.
 *
 * @example
 * const dataset = inMemoryDataset({ name: 'two', images: Uint8Array.of(0, 255), imageShape: [1, 1, 1] });
 * const encoder = { dimension: 1, apply: (images: tf.Tensor4D) => tf.reshape(images, [-1, 1]) as tf.Tensor2D };
 * (await embed(encoder, dataset, { batchSize: 2 })).values; // => [0, 1]
 */
export async function embed<Batch, Input extends Tensor = Tensor4D>(
  encoder: { readonly dimension: number; apply(input: Input, mode: Mode): Tensor2D },
  dataset: Dataset<Batch>,
  { batchSize, toInput = asTheyAre(dataset.name), communicator = oneRank(), onProgress, signal }: EmbedOptions<Batch, Input>,
): Promise<Features> {
  checkDataset('embed', dataset);
  checkWhole('embed.batchSize', batchSize, 1);
  const { dimension } = encoder;
  const values = new Float32Array(dataset.size * dimension);
  const { rank, size: ranks } = communicator;
  const each = Math.ceil(dataset.size / ranks);
  const rows = Math.min(batchSize, each);
  for await (const { start, count, samples } of passes(dataset, rows, signal, rank * each, (rank + 1) * each)) {
    const embeddings = tidy(() => encoder.apply(filled(toInput(samples), count, rows), 'eval'));
    try {
      checkEmbeddings(embeddings, rows, dimension);
      const batch = (await embeddings.data<'float32'>()).subarray(0, count * dimension);
      if (!allFinite(batch)) {
        const fault = batch.findIndex((value) => !Number.isFinite(value));
        throw new DivergenceError(
          'embed',
          `the embedding of sample ${start + Math.floor(fault / dimension)} holds ${batch[fault]}.`,
          "The encoder's weights or moving statistics are not finite numbers: take an earlier checkpoint.",
        );
      }
      values.set(batch, start * dimension);
    } finally {
      embeddings.dispose();
    }
    onProgress?.(Math.min((start - rank * each + count) * ranks, dataset.size), dataset.size);
  }
  return { values: ranks === 1 ? values : ofAllRanks(communicator, values, each * dimension), dimension, ...identity(dataset) };
}

/** Exchanges the parts of all ranks, each in its place. */
function ofAllRanks(communicator: Communicator, values: Float32Array, length: number): Float32Array {
  const own = new Float32Array(length); // the last part may be shorter
  own.set(values.subarray(communicator.rank * length, (communicator.rank + 1) * length));
  return communicator.allGather(own).subarray(0, values.length);
}

/**
 * The images themselves as features, bytes divided by 255: the baseline that an encoder must beat.
 *
 * @param dataset Images of one size; `adaptImages` brings others to one.
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
  for await (const { start, count, samples: { pixels } } of passes(dataset, Math.min(1024, dataset.size), signal)) {
    checkBytes('rawPixels', dataset.name, pixels.length, [count, ...dataset.imageShape]);
    for (let i = 0; i < pixels.length; i++) values[start * dimension + i] = pixels[i]! / 255;
    onProgress?.(start + count, dataset.size);
  }
  return { values, dimension, ...identity(dataset) };
}

interface Pass<Batch> {
  /** The number of its first sample. */
  readonly start: number;
  readonly count: number;
  readonly samples: Batch;
}

/** The samples from `from` to `to` in order, `rows` at a time, each batch read while its predecessor is used. */
async function* passes<Batch>(dataset: Dataset<Batch>, rows: number, signal: Watched['signal'], from = 0, to = dataset.size): AsyncGenerator<Pass<Batch>> {
  const size = Math.min(to, dataset.size);
  if (from >= size) return; // more ranks than parts
  const read = (start: number): Promise<Batch> => {
    const batch = dataset.read(Int32Array.from({ length: Math.min(rows, size - start) }, (_, i) => start + i));
    batch.catch(() => undefined); // whoever awaits it sees the error; without this Node ends where nobody does any more
    return batch;
  };
  let next = read(from);
  for (let start = from; start < size; start += rows) {
    await turn(signal);
    const samples = await next;
    if (start + rows < size) next = read(start + rows);
    yield { start, count: Math.min(rows, size - start), samples };
  }
}

/** An input of `rows` rows, padded with zeros: an engine prepares itself for one shape. */
function filled<Input extends Tensor>(input: Input, count: number, rows: number): Input {
  if (input.shape[0] !== count) {
    throw new ShapeError('embed', `toInput gave [${input.shape.join(', ')}] for ${count} samples, expected a row for each.`, { received: input.shape });
  }
  return count === rows ? input : (pad(input, input.shape.map((_, axis): [number, number] => [0, axis === 0 ? rows - count : 0])) as Input);
}

/** Images of one size, unchanged. */
function asTheyAre<Batch, Input extends Tensor>(name: string): (batch: Batch) => Input {
  return (batch) => {
    const images = batch as ImageBatch;
    if (typeof images !== 'object' || images === null || !('pixels' in images)) {
      const what = typeof images === 'object' && images !== null && 'images' in images ? 'images of several sizes' : 'samples that are no images';
      throw new ShapeError('embed', `${name} has ${what}, and toInput is absent.`, { remedy: 'Say what the encoder expects: toInput, for images imageInput(...) of augmentations.' });
    }
    checkBytes('embed', name, images.pixels.length, images.shape);
    return bytesToImages(images.pixels, images.shape) as unknown as Input;
  };
}

function checkBytes(where: string, name: string, bytes: number, [count, ...shape]: readonly number[]): void {
  const expected = count! * shape.reduce((product, axis) => product * axis, 1);
  if (bytes === expected) return;
  throw new ShapeError(`${where}: dataset ${name}`, `read gave ${bytes} bytes for ${count} images, expected ${expected} = ${count} × [${shape.join(', ')}].`);
}

function identity({ size, labels }: Dataset): Pick<Features, 'labels' | 'sampleIds'> {
  return { ...(labels && { labels: labels.slice() }), sampleIds: Int32Array.from({ length: size }, (_, i) => i) };
}

function checkDataset(where: string, { name, size }: Dataset): void {
  if (!(size > 0)) throw new ArgumentError(`${where}.dataset.size`, 'one sample or more', size, `${name} is empty.`);
}

function checkEmbeddings({ shape }: Tensor, rows: number, dimension: number): void {
  if (shape.length === 2 && shape[0] === rows && shape[1] === dimension) return;
  throw new ShapeError('embed', `the encoder gave [${shape.join(', ')}], expected [N, dimension] = [${rows}, ${dimension}].`, {
    expected: `[${rows}, ${dimension}]`,
    received: shape,
    remedy: 'Pool its output to one vector a sample.',
  });
}
