import { random } from '@kindred/core';
import { resnet } from '@kindred/backbones';
import { io, loadGraphModel } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { exportTfjs, tfjsFiles } from '../src/index.js';
import { drawImages, examples, kindred, worst } from './support/models.js';

test.each(Object.entries(examples))('tfjs computes what Kindred does: %s', async (_, make) => {
  const example = make();
  const model = await loadGraphModel(io.fromMemory(exportTfjs(example)));
  for (const [count, height, width] of [[1, 32, 32], [3, 20, 29]] as const) {
    const images = drawImages(count, height, width, example.input.channels);
    const outputs = [model.predict(images)].flat() as tf.Tensor[];
    const expected = kindred(example, images);
    expect(outputs.map(({ shape }) => shape)).toEqual([example.encoder, example.head, example.predictor].flatMap((part) => (part ? [[count, part.dimension]] : [])));
    // 1e-5 in float32: the same operations, normalisation's order apart
    Object.values(expected).forEach((values: Float32Array, i) => expect(worst(outputs[i]!.dataSync(), values)).toBeLessThan(1e-5));
    tf.dispose([images, outputs]);
  }
  model.dispose();
});

test('tfjs computes what the heads do of embeddings', async () => {
  const example = examples['bottlenecks, stem of ImageNet, a head with biases and a predictor']!();
  const { head, predictor } = example;
  const model = await loadGraphModel(io.fromMemory(exportTfjs({ head: head!, predictor })));
  const { embeddings, ...expected } = kindred(example, drawImages(3, 32, 32, 3));
  const outputs = model.predict(tf.tensor2d(embeddings, [3, 64])) as tf.Tensor[];
  expect(outputs).toHaveLength(2);
  Object.values(expected).forEach((values: Float32Array, i) => expect(worst(outputs[i]!.dataSync(), values)).toBeLessThan(1e-5));
  model.dispose();
});

test('weights of more than 4 MiB are cut into files of at most that, and come back', async () => {
  const encoder = resnet({ depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 1 / 2, random: random(1) });
  const input = { size: [32, 32], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;
  const { 'model.json': text, ...shards } = tfjsFiles({ encoder, input });
  const { weightsManifest, ...model } = JSON.parse(text as string) as io.ModelJSON;
  expect(weightsManifest[0]!.paths).toEqual(Object.keys(shards));
  expect(Object.values(shards).map(({ length }) => length)).toEqual([4_194_304, 4_194_304, expect.any(Number)]);
  expect(Object.values(shards).at(-1)!.length).toBeLessThan(4_194_304);
  const { weightData } = exportTfjs({ encoder, input });
  const bytes = new Uint8Array(weightData.byteLength);
  let position = 0;
  for (const shard of Object.values(shards) as Uint8Array[]) {
    bytes.set(shard, position);
    position += shard.length;
  }
  const loaded = await loadGraphModel(io.fromMemory({ ...(model as io.ModelArtifacts), weightSpecs: weightsManifest[0]!.weights, weightData: bytes.buffer }));
  const images = drawImages(1, 32, 32, 3);
  expect(worst((loaded.predict(images) as tf.Tensor).dataSync(), kindred({ encoder, input }, images).embeddings)).toBeLessThan(1e-5);
  loaded.dispose();
});
