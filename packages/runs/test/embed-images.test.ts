import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportTorch, networkState, resnet } from '@kindred/backbones';
import { encodeSafetensors, inputMetadata, random } from '@kindred/core';
import { readEmbeddings } from '@kindred/gallery/node';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { resnetOfWeights } from '../src/embed/resnet-of-weights.js';
import { embedImages, loadEncoder, openNamedImages } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'kindred-embed-'));
const photos = join(folder, 'photos');
const weights = join(folder, 'moco.safetensors');
const others = join(folder, 'others.safetensors');
const input = { size: [8, 8], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;

function writeWeights(file: string, prefix: string, seed: number): void {
  const network = resnet({ depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 1 / 16, random: random(seed) });
  const named = Object.entries(exportTorch(networkState(network))).map(([name, value]) => [prefix + name, value]);
  writeFileSync(file, encodeSafetensors({ ...Object.fromEntries(named), 'fc.bias': { shape: [1], values: new Float32Array(1) } }, inputMetadata(input)));
}

beforeAll(async () => {
  writeWeights(weights, 'module.encoder_q.', 1);
  writeWeights(others, '', 2);
  for (const [i, path] of ['cats/deep/a.png', 'cats/b.png', 'dogs/c.jpg', 'd.webp'].entries()) {
    mkdirSync(join(photos, path, '..'), { recursive: true });
    await sharp({ create: { width: 12 + i, height: 9, channels: 3, background: { r: 60 * i, g: 90, b: 255 - 60 * i } } }).toFile(join(photos, path));
  }
  writeFileSync(join(photos, 'dogs/torn.jpg'), readFileSync(join(photos, 'dogs/c.jpg')).subarray(0, 200));
});

const embedded = async (out: string, what: string | readonly string[] = photos, options: object = {}, from = weights): Promise<Awaited<ReturnType<typeof embedImages>>> =>
  embedImages(await loadEncoder(from), await openNamedImages(what, { channels: 3 }), { out, batchSize: 2, ...options });

test('a folder gives a row an image with its name, sides and class, and an error for the broken one', async () => {
  const out = join(folder, 'all.safetensors');
  expect(await embedded(out)).toEqual({ images: 4, errors: 1, before: 0, finished: true });
  const { ids, widths, heights, labels, classes, errors, dimension, source } = await readEmbeddings(out);
  expect(ids).toEqual(['cats/b.png', 'cats/deep/a.png', 'd.webp', 'dogs/c.jpg']);
  expect([...widths]).toEqual([13, 12, 15, 14]);
  expect([...heights]).toEqual([9, 9, 9, 9]);
  expect([[...labels!], classes, dimension]).toEqual([[0, 0, -1, 1], ['cats', 'dogs'], 32]);
  expect(errors).toEqual([{ id: 'dogs/torn.jpg', reason: expect.stringMatching(/./) }]);
  expect(source).toMatchObject({ encoder: weights, root: photos, input });
});

test('what was stopped goes on to the same bytes as what was not', async () => {
  const [whole, stopped] = [join(folder, 'whole.npy'), join(folder, 'stopped.npy')];
  await embedded(whole);
  const controller = new AbortController();
  const first = await embedded(stopped, photos, { signal: controller.signal, onProgress: () => controller.abort() });
  expect(first.finished).toBe(false);
  expect(readdirSync(folder)).not.toContain('stopped.npy');
  expect(await embedded(stopped)).toMatchObject({ before: 2, finished: true });
  expect(readFileSync(stopped).equals(readFileSync(whole))).toBe(true);
});

test('append embeds what is new, and refuses another encoder', async () => {
  const out = join(folder, 'grows.parquet');
  const some = join(folder, 'some');
  mkdirSync(some);
  cpSync(join(photos, 'cats'), join(some, 'cats'), { recursive: true });
  await embedded(out, some);
  const before = await readEmbeddings(out);
  cpSync(join(photos, 'dogs'), join(some, 'dogs'), { recursive: true });
  expect(await embedded(out, some, { append: true })).toEqual({ images: 3, errors: 1, before: 2, finished: true });
  const after = await readEmbeddings(out);
  expect(after.ids).toEqual([...before.ids, 'dogs/c.jpg']);
  expect(after.values.subarray(0, before.values.length)).toEqual(before.values);
  await expect(embedded(out, some, { append: true }, others)).rejects.toThrow('Use the encoder that made the embeddings');
  expect(await readEmbeddings(out)).toEqual(after);
});

test('no images, no folder, an empty list and weights of something else are refused before anything is written', async () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  await expect(embedded(join(folder, 'x.npy'), empty)).rejects.toThrow('holds no images');
  await expect(embedded(join(folder, 'x.npy'), join(folder, 'nowhere'))).rejects.toThrow('is neither a folder, nor an image, nor shards, nor a data set');
  await expect(embedded(join(folder, 'x.npy'), [])).rejects.toThrow('one path or more');
  await expect(embedded(join(folder, 'x.csv'))).rejects.toThrow('ends in .safetensors, .npy, .parquet');
  writeFileSync(join(folder, 'y.safetensors'), encodeSafetensors({ a: { shape: [1], values: new Float32Array(1) } }));
  await expect(embedded(join(folder, 'x.npy'), photos, {}, join(folder, 'y.safetensors'))).rejects.toThrow("holds no ResNet under torchvision's names");
  expect(readdirSync(folder).filter((name) => name.startsWith('x.'))).toEqual([]);
});

test.each([['encoder_k.', 'encoder_q.'], ['encoder_q.', 'encoder_k.']])('of a network and its momentum encoder, %s before %s, the trained one is taken', (...order) => {
  const one = exportTorch(networkState(resnet({ depth: 18, stem: 'cifar', widthMultiplier: 1 / 16, channels: 3, random: random(1) })));
  const tensors = Object.fromEntries(order.flatMap((prefix) => Object.entries(one).map(([name, value]) => [`module.${prefix}${name}`, value])));
  expect(resnetOfWeights('file', tensors).prefix).toBe('module.encoder_q.');
});
