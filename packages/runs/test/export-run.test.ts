import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportTorch, importTorch } from '@kindred/backbones';
import { decodeSafetensors, encodeSafetensors, under } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { restoreCheckpoint } from '@kindred/training';
import { readCheckpoint } from '@kindred/training/node';
import { io, loadGraphModel } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildRun, checkpointOf, checkSettings, exportRun, freshEncoder, openRun, pretrainRun, PretrainSettings } from '../src/index.js';
import { settingsOn, stripedImages } from './support.js';

let root: string;
let run: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'kindred-exports-'));
  const images = await stripedImages();
  const settings = checkSettings('test', PretrainSettings, settingsOn(images));
  run = (await pretrainRun(settings, { root })).path;
  // from here on the images are not needed
  renameSync(images, `${images}-gone`);
}, 60_000);

/** What the weights of a file of the run make of an image, and what the export does. */
async function both(file: string, best: boolean): Promise<[expected: number[], exported: number[]]> {
  const out = join(root, `${file}.onnx`);
  await exportRun(run, { to: 'onnx', out, best });
  const encoder = freshEncoder(checkSettings('test', PretrainSettings, JSON.parse(await readFile(join(run, 'config.json'), 'utf8'))), { channels: 1 });
  importTorch(encoder, decodeSafetensors(await readFile(join(run, file))).tensors);
  // one channel: [1, 12, 12, 1] and [1, 1, 12, 12] have the same order
  const pixels = Float32Array.from({ length: 144 }, (_, i) => (i % 7) / 7);
  const session = await InferenceSession.create(out);
  const { image_embeds: exported } = await session.run({ pixel_values: new Tensor('float32', pixels, [1, 1, 12, 12]) });
  const expected = tf.tidy(() => encoder.apply(tf.tensor4d(pixels, [1, 12, 12, 1]), 'eval').dataSync());
  return [[...expected], [...(exported!.data as Float32Array)]];
}

test.each([['encoder.safetensors', false], ['best.safetensors', true]])('an ONNX file computes what %s does', async (file, best) => {
  const [expected, exported] = await both(file, best);
  expect(exported).toHaveLength(8);
  // float32: sums in another order
  exported.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
});

test('the last encoder is that of the last step; folders hold what their programs load; no tensor is left', async () => {
  const before = tf.memory().numTensors;
  expect(await exportRun(run, { to: 'transformers', out: join(root, 'photos') })).toEqual({ step: 48, dimension: 8 });
  expect(readdirSync(join(root, 'photos')).sort()).toEqual(['config.json', 'onnx', 'preprocessor_config.json']);
  await exportRun(run, { to: 'tfjs', out: join(root, 'web') });
  expect(readdirSync(join(root, 'web')).sort()).toEqual(['group1-shard1of1.bin', 'model.json']);
  expect(tf.memory().numTensors).toBe(before);
});

describe('with heads', () => {
  // one channel: [2, 12, 12, 1] and [2, 1, 12, 12] have the same order
  const pixels = Float32Array.from({ length: 288 }, (_, i) => ((i * 37) % 101) / 101);

  /** What the run's own method makes of images, in `eval`, from its newest checkpoint. */
  async function byMethod(path: string): Promise<Record<string, Float32Array>> {
    const { settings } = await openRun(path);
    const images = inMemoryDataset({ name: 'grey', images: new Uint8Array(48 * 144), imageShape: [12, 12, 1], labels: Int32Array.from({ length: 48 }, (_, i) => i % 3) });
    const parts = buildRun(settings, images);
    const step = await checkpointOf(path);
    restoreCheckpoint(await readCheckpoint(join(path, 'checkpoints', `step-${step}`)), parts.method, parts.optimizer);
    const input = tf.tensor4d(pixels, [2, 12, 12, 1]);
    const { projections, predictions } = parts.method.forward([input], 'eval');
    const values = (tensor: tf.Tensor): Float32Array => tensor.dataSync() as Float32Array;
    const result = { image_embeds: values(parts.method.encoder.apply(input, 'eval')), projections: values(projections[0]!), ...(predictions && { predictions: values(predictions[0]!) }) };
    parts.dispose();
    return result;
  }

  /** The largest difference, relative to the largest value. */
  const apart = (a: Float32Array, b: Float32Array): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / Math.max(...b.map(Math.abs));

  async function trainedAs(name: string, changed: Record<string, unknown>): Promise<string> {
    const images = await stripedImages();
    const settings = checkSettings('test', PretrainSettings, { ...settingsOn(images), monitor: undefined, epochs: 1, name, ...changed });
    const { path } = await pretrainRun(settings, { root });
    rmSync(images, { recursive: true });
    return path;
  }

  test.each([
    ['a head and a predictor', undefined, { projections: 4, predictions: 4 }],
    ['a classifier', { method: { name: 'supervised', classes: 3 } }, { projections: 3 }],
    ['an average of the encoder alone', { averageWeights: { decay: 0.99 } }, { projections: 4, predictions: 4 }],
  ])('ONNX Runtime computes what the method does: %s', async (name, changed, lengths) => {
    const path = changed === undefined ? run : await trainedAs(name.replaceAll(' ', '-'), changed);
    const expected = await byMethod(path);
    const [whole, heads] = [join(root, 'whole.onnx'), join(root, 'heads.onnx')];
    const before = tf.memory().numTensors;
    expect(await exportRun(path, { to: 'onnx', out: whole, head: true })).toMatchObject({ dimension: 8, ...lengths });
    await exportRun(path, { to: 'onnx', out: heads, head: 'only' });
    expect(tf.memory().numTensors).toBe(before);
    const ofImages = await (await InferenceSession.create(whole)).run({ pixel_values: new Tensor('float32', pixels, [2, 1, 12, 12]) });
    expect(Object.keys(ofImages)).toEqual(Object.keys(expected));
    for (const [output, values] of Object.entries(expected)) expect(apart(ofImages[output]!.data as Float32Array, values), output).toBeLessThan(1e-4);
    const { image_embeds: embeddings, ...further } = expected;
    const ofEmbeddings = await (await InferenceSession.create(heads)).run({ embeddings: new Tensor('float32', embeddings!, [2, 8]) });
    expect(Object.keys(ofEmbeddings)).toEqual(Object.keys(further));
    for (const [output, values] of Object.entries(further)) expect(apart(ofEmbeddings[output]!.data as Float32Array, values), output).toBeLessThan(1e-4);
  }, 60_000);

  test('TensorFlow.js computes the same, and PyTorch gets the values of the checkpoint', async () => {
    const expected = await byMethod(run);
    await exportRun(run, { to: 'tfjs', out: join(root, 'heads'), head: true });
    const { weightsManifest, ...artifacts } = JSON.parse(await readFile(join(root, 'heads', 'model.json'), 'utf8')) as io.ModelJSON;
    const weightData = new Uint8Array(await readFile(join(root, 'heads', weightsManifest[0]!.paths[0]!))).buffer;
    const model = await loadGraphModel(io.fromMemory({ ...(artifacts as io.ModelArtifacts), weightSpecs: weightsManifest[0]!.weights, weightData }));
    const outputs = model.predict(tf.tensor4d(pixels, [2, 12, 12, 1])) as tf.Tensor[];
    Object.values(expected).forEach((values, i) => expect(apart(outputs[i]!.dataSync() as Float32Array, values)).toBeLessThan(1e-4));
    model.dispose();
    const out = join(root, 'torch.safetensors');
    await exportRun(run, { to: 'safetensors', out, head: true });
    const { tensors } = decodeSafetensors(await readFile(out));
    const { model: saved } = await readCheckpoint(join(run, 'checkpoints', 'step-48'));
    expect(under('head', tensors)).toEqual(under('projector', saved));
    expect(under('predictor', tensors)).toEqual(under('predictor', saved));
    expect(tensors['conv1.weight']).toEqual(exportTorch(saved)['encoder.conv1.weight']);
  });

  test('of a run that is not finished they are of its newest checkpoint; its best encoder has none, and a pipeline of images takes no head alone', async () => {
    const young = join(root, 'young');
    cpSync(run, young, { recursive: true });
    rmSync(join(young, 'encoder.safetensors'));
    const out = join(root, 'refused');
    expect(await exportRun(young, { to: 'onnx', out: join(root, 'young.onnx'), head: true })).toMatchObject({ step: 48 });
    const message = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'nothing was thrown', String);
    expect(await message(exportRun(run, { to: 'onnx', out, head: true, best: true }))).toMatchInlineSnapshot(`"ArgumentError: exportRun.head: received true, expected false with best: a run keeps the heads of its checkpoints alone. Leave out best (--best)."`);
    expect(await message(exportRun(run, { to: 'transformers', out, head: 'only' }))).toMatchInlineSnapshot(`"ArgumentError: exportRun.head: received "only", expected true or false for transformers, whose pipelines give images. Export the head alone as onnx, tfjs or safetensors."`);
    rmSync(join(young, 'checkpoints'), { recursive: true });
    expect(await message(exportRun(young, { to: 'onnx', out, head: 'only' }))).toContain('holds no checkpoint. Resume the run until its first checkpoint.');
    expect(existsSync(out)).toBe(false);
  });
});

test('encoders that are missing, damaged or do not say what they expect are refused, and nothing is written', async () => {
  const out = join(root, 'never.onnx');
  const file = join(run, 'best.safetensors');
  const refused = (): Promise<string> => exportRun(run, { to: 'onnx', out, best: true }).then(() => 'nothing was thrown', ({ message }: Error) => message.replace(file, '<file>'));
  const { tensors } = decodeSafetensors(await readFile(file));
  writeFileSync(file, encodeSafetensors(tensors));
  expect(await refused()).toMatchInlineSnapshot(`"<file>: does not say what images its encoder expects. It is of an earlier version of Kindred. Train it again."`);
  writeFileSync(file, 'no');
  expect(await refused()).toMatch(/^<file>: is not a whole safetensors file: /);
  rmSync(file);
  expect(await refused()).toMatchInlineSnapshot(`"<file>: is not there. Only a run with monitor in its settings keeps the encoder that did best."`);
  expect(existsSync(out)).toBe(false);
});
