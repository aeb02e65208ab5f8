import { imageInput } from '@kindred/augmentations';
import type { Dataset, Encoder, MixedImages, UniformImageDataset, UniformImages } from '@kindred/core';
import { add, div, fill, matMul, memory, mul, reshape, scalar, slice, sub, sum, type Tensor2D, tensor1d, type Tensor4D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { embed, rawPixels } from '../src/index.js';
import { leavingNoTensors, onBackends } from './support/backends.js';

/** Image i of 2×3 pixels of 2 channels holds bytes that name image and place. */
function dataset(size: number, labels?: Int32Array): UniformImageDataset & { reads: number[][] } {
  const reads: number[][] = [];
  return {
    name: 'bytes',
    size,
    channels: 2,
    imageShape: [2, 3, 2],
    fingerprint: 'bytes',
    ...(labels && { labels }),
    reads,
    async read(indices) {
      reads.push([...indices]);
      await Promise.resolve();
      const pixels = Uint8Array.from({ length: indices.length * 12 }, (_, i) => (indices[Math.floor(i / 12)]! * 17 + (i % 12) * 5) % 256);
      return { pixels, shape: [indices.length, 2, 3, 2] };
    },
  };
}

const byte = (image: number, place: number): number => (image * 17 + place * 5) % 256;

/** Two numbers an image: pixels weighted by place. What it is called with is kept. */
function encoder(): Pick<Encoder, 'apply' | 'dimension'> & { calls: { mode: string; shape: number[] }[] } {
  const calls: { mode: string; shape: number[] }[] = [];
  return {
    dimension: 2,
    calls,
    apply(images: Tensor4D, mode) {
      calls.push({ mode, shape: images.shape });
      return tidy(() => {
        const weights = tensor2d(Float32Array.from({ length: 24 }, (_, i) => i - 11), [12, 2]);
        return matMul(reshape(images, [-1, 12]), weights) as Tensor2D;
      });
    },
  };
}

const embedding = (image: number): number[] =>
  [0, 1].map((d) => Array.from({ length: 12 }, (_, i) => (byte(image, i) / 255) * (2 * i + d - 11)).reduce((a, b) => a + b));

onBackends('embed', () => {
  test('gives every image its own embedding, in order, whatever the batch size', async () => {
    for (const batchSize of [1, 3, 7, 100]) {
      const labels = Int32Array.of(3, -1, 0, 1, 2, 0, 0);
      const result = await leavingNoTensors(() => embed(encoder(), dataset(7, labels), { batchSize }));
      expect(result.dimension).toBe(2);
      [0, 1, 2, 3, 4, 5, 6].flatMap(embedding).forEach((value, i) => expect(result.values[i]).toBeCloseTo(value, 4));
      expect(result.labels).toEqual(labels);
      expect(result.labels).not.toBe(labels);
      expect([...result.sampleIds!]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    }
  });

  test('runs in evaluation mode, on batches of one shape, the last filled with zeros', async () => {
    const plain = encoder();
    const sums: number[] = [];
    const network = { ...plain, apply: (images: Tensor4D, mode: 'train' | 'eval') => (sums.push(...(sum(images, [1, 2, 3]).arraySync() as number[])), plain.apply(images, mode)) };
    const source = dataset(7);
    await embed(network, source, { batchSize: 3 });
    expect(plain.calls).toEqual([0, 1, 2].map(() => ({ mode: 'eval', shape: [3, 2, 3, 2] })));
    expect(source.reads).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(sums.slice(-2)).toEqual([0, 0]);
  });

  test('toInput makes the input, of any shape', async () => {
    const toInput = ({ pixels, shape: [count] }: UniformImages): Tensor4D => reshape(mul(sub(div(tensor1d(Float32Array.from(pixels)), 255), 0.5), 2), [count, 3, 2, 2]);
    const network = encoder();
    const { values } = await leavingNoTensors(() => embed(network, dataset(2), { batchSize: 2, toInput }));
    expect(network.calls[0]!.shape).toEqual([2, 3, 2, 2]);
    const shift = [0, 1].map((d) => Array.from({ length: 12 }, (_, i) => 2 * i + d - 11).reduce((a, b) => a + b));
    [0, 1].flatMap((image) => embedding(image).map((v, d) => 2 * v - shift[d]!)).forEach((v, i) => expect(values[i]).toBeCloseTo(v, 4));
  });
});

test('a dataset without labels gives features without', async () => {
  expect(await embed(encoder(), dataset(2), { batchSize: 2 })).not.toHaveProperty('labels');
});

test('tells how far it is, and lets timers run', async () => {
  const seen: number[][] = [];
  let ticks = 0;
  const timer = setInterval(() => ticks++, 0);
  await embed(encoder(), dataset(7), { batchSize: 2, onProgress: (...at) => seen.push(at) });
  clearInterval(timer);
  expect(seen).toEqual([[2, 7], [4, 7], [6, 7], [7, 7]]);
  expect(ticks).toBeGreaterThan(1);
});

test('stops between batches when cancelled, with the reason given, leaving no tensors', async () => {
  const control = new AbortController();
  const network = encoder();
  const onProgress = (done: number): void => {
    if (done === 4) control.abort(new Error('enough'));
  };
  const work = leavingNoTensors(() => embed(network, dataset(100), { batchSize: 2, onProgress, signal: control.signal }));
  await expect(work).rejects.toThrow('enough');
  expect(network.calls).toHaveLength(2);
});

test('a read that fails is thrown, once, also while another batch is computed', async () => {
  const source = { ...dataset(9), read: async ([first]: Int32Array) => {
    if (first === 3) throw new Error('image 3 is broken');
    return { pixels: new Uint8Array(36), shape: [3, 2, 3, 2] as const };
  } };
  await expect(leavingNoTensors(() => embed(encoder(), source, { batchSize: 3 }))).rejects.toThrow('image 3 is broken');
  const broken = { dimension: 2, apply: () => { throw new Error('encoder is broken'); } };
  // the read of image 3 fails later, and nobody waits for it: an unhandled rejection would fail this run
  await expect(leavingNoTensors(() => embed(broken, source, { batchSize: 3 }))).rejects.toThrow('encoder is broken');
});

test('says what is wrong', async () => {
  const before = memory().numTensors;
  const message = async (change: object, source: UniformImageDataset = dataset(5), batchSize = 2): Promise<string> =>
    embed({ ...encoder(), ...change }, source, { batchSize }).then(String, String);
  expect(await message({}, dataset(0))).toMatchInlineSnapshot(`"ArgumentError: embed.dataset.size: received 0, expected one sample or more. bytes is empty."`);
  expect(await message({}, dataset(5), 0)).toMatchInlineSnapshot(`"ArgumentError: embed.batchSize: received 0, expected a whole number above 0."`);
  expect(await message({ dimension: 3 })).toMatchInlineSnapshot(`"ShapeError: embed: the encoder gave [2, 2], expected [N, dimension] = [2, 3]. Pool its output to one vector a sample."`);
  const bad = (at: number) => ({ apply: (images: Tensor4D) => tidy(() => {
    const mark = tensor2d(Float32Array.from({ length: 4 }, (_, i) => (i === at ? 0 : 1)), [2, 2]);
    return add(sub(fill([images.shape[0]!, 2], 1), 1), mul(sub(1, mark), scalar(NaN)));
  }) });
  expect(await message(bad(3))).toMatchInlineSnapshot(`"DivergenceError: embed: the embedding of sample 0 holds NaN. The encoder's weights or moving statistics are not finite numbers: take an earlier checkpoint."`);
  expect(await message({}, { ...dataset(5), read: async () => ({ pixels: new Uint8Array(7), shape: [2, 2, 3, 2] }) })).toMatchInlineSnapshot(`"ShapeError: embed: dataset bytes: read gave 7 bytes for 2 images, expected 24 = 2 × [2, 3, 2]."`);
  expect(memory().numTensors).toBe(before);
});

test('rows of numbers are embedded as images are, through what makes an input of them', async () => {
  const table: Dataset<number[][]> = { name: 'table', size: 5, fingerprint: 'table', labels: Int32Array.of(0, 1, 0, 1, 0), read: async (ids) => Array.from(ids, (id) => [id, 10 * id, 1]) };
  const linear = { dimension: 2, apply: (rows: Tensor2D) => matMul(rows, tensor2d([[1, 0], [0, 1], [100, 200]])) as Tensor2D };
  const { values, labels } = await leavingNoTensors(() => embed(linear, table, { batchSize: 2, toInput: (rows) => tensor2d(rows) }));
  expect([...values]).toEqual([0, 1, 2, 3, 4].flatMap((id) => [id + 100, 10 * id + 200]));
  expect(labels).toEqual(table.labels);
});

test('images of several sizes go through the input of the encoder, and are refused without one', async () => {
  const images = [[2, 4], [6, 3]].map(([height, width], i) => ({ pixels: new Uint8Array(height! * width!).fill(51 * (i + 1)), shape: [height!, width!, 1] as const }));
  const mixed: Dataset<MixedImages> = { name: 'mixed', size: 2, fingerprint: 'mixed', read: async (ids) => ({ images: Array.from(ids, (id) => images[id]!) }) };
  const first = { dimension: 1, apply: (given: Tensor4D) => slice(reshape(given, [-1, 4]), [0, 0], [-1, 1]) as Tensor2D };
  const toInput = imageInput({ size: [2, 2], channels: 1, mean: [0.1], interpolation: 'bilinear', fit: 'cover', cropShare: 1 });
  const { values } = await leavingNoTensors(() => embed(first, mixed, { batchSize: 2, toInput }));
  [0.1, 0.3].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 6));
  await expect(embed(first, mixed, { batchSize: 2 })).rejects.toThrowErrorMatchingInlineSnapshot(`[ShapeError: embed: mixed has images of several sizes, and toInput is absent. Say what the encoder expects: toInput, for images imageInput(...) of augmentations.]`);
  const odd = { ...mixed, read: async () => 'text' } as unknown as Dataset<MixedImages>;
  await expect(embed(first, odd, { batchSize: 2 })).rejects.toThrowErrorMatchingInlineSnapshot(`[ShapeError: embed: mixed has samples that are no images, and toInput is absent. Say what the encoder expects: toInput, for images imageInput(...) of augmentations.]`);
  await expect(embed(first, mixed, { batchSize: 2, toInput: () => toInput({ images: images.slice(1) }) })).rejects.toThrowErrorMatchingInlineSnapshot(`[ShapeError: embed: toInput gave [1, 2, 2, 1] for 2 samples, expected a row for each.]`);
});

test('rawPixels are the bytes divided by 255', async () => {
  const labels = Int32Array.from({ length: 2500 }, (_, i) => i % 10);
  const seen: number[] = [];
  const result = await leavingNoTensors(() => rawPixels(dataset(2500, labels), { onProgress: (done) => seen.push(done) }));
  expect(result.dimension).toBe(12);
  expect(result.values).toEqual(Float32Array.from({ length: 30_000 }, (_, i) => byte(Math.floor(i / 12), i % 12) / 255));
  expect(result.labels).toEqual(labels);
  expect(result.sampleIds![2499]).toBe(2499);
  expect(seen).toEqual([1024, 2048, 2500]);
});

test('rawPixels of no images say so', async () => {
  await expect(rawPixels(dataset(0))).rejects.toThrowErrorMatchingInlineSnapshot(`[ArgumentError: rawPixels.dataset.size: received 0, expected one sample or more. bytes is empty.]`);
});
