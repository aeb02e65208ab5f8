import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { env, pipeline, RawImage } from '@huggingface/transformers';
import { imageInput } from '@kindred/augmentations';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { beforeAll, expect, test, vi } from 'vitest';
import { writeTransformers } from '../src/node.js';
import { drawImages, type Example, examples, worst } from './support/models.js';

const folder = mkdtempSync(join(tmpdir(), 'kindred-export-'));
beforeAll(() => {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  vi.stubGlobal('fetch', () => Promise.reject(new Error('no network in this test')));
});

/** What the pipeline makes of a folder, and what Kindred does, of an image in bytes. */
async function both(example: Example, height: number, width: number): Promise<{ dims: number[]; piped: Float32Array; expected: Float32Array }> {
  const path = join(folder, `${Math.trunc(performance.now() * 1000)}`);
  await writeTransformers(path, example);
  const extract = await pipeline('image-feature-extraction', join(basename(folder), basename(path)));
  const drawn = drawImages(1, height, width, 3);
  const bytes = Uint8Array.from(drawn.dataSync(), (value) => Math.round(value * 255));
  const png = join(folder, 'image.png');
  await sharp(bytes, { raw: { width, height, channels: 3 } }).png().toFile(png);
  const output = await extract(await RawImage.read(png));
  const expected = tf.tidy(() => example.encoder.apply(imageInput(example.input)({ pixels: bytes, shape: [1, height, width, 3] }), 'eval').dataSync());
  drawn.dispose();
  await extract.dispose();
  return { dims: output.dims, piped: output.data as Float32Array, expected: expected as Float32Array };
}

test.each(Object.keys(examples))('the pipeline of transformers.js loads the folder offline and computes what Kindred does: %s', async (name) => {
  const example = examples[name]!();
  const { dims, piped, expected } = await both({ ...example, input: { ...example.input, cropShare: 1 } }, ...example.input.size);
  expect(dims).toEqual([1, example.encoder.dimension]);
  // 1e-5 in float32, for an image that need not be resized
  expect(worst(piped, expected)).toBeLessThan(1e-5);
});

test('an image of another size is resized and cut as the input says', async () => {
  const example = examples['basic blocks, stem of CIFAR, a head normalised without scale']!();
  // brought to 37 pixels and cut to 32: the same pixels are only in both if the cut is
  const { piped, expected } = await both(example, 37, 49);
  expect(worst(piped, expected)).toBeLessThan(1e-5);
});
