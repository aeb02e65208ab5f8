import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importTorch } from '@kindred/backbones';
import { decodeSafetensors, encodeSafetensors } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import { checkSettings, exportRun, freshEncoder, pretrainRun, PretrainSettings } from '../src/index.js';
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

test('encoders that are missing, damaged or do not say what they expect are refused, and nothing is written', async () => {
  const out = join(root, 'never.onnx');
  const file = join(run, 'best.safetensors');
  const refused = (): Promise<string> => exportRun(run, { to: 'onnx', out, best: true }).then(() => 'nothing was thrown', ({ message }: Error) => message.replace(file, '<file>'));
  const { tensors } = decodeSafetensors(await readFile(file));
  writeFileSync(file, encodeSafetensors(tensors));
  expect(await refused()).toMatchInlineSnapshot(`"<file>: does not say what images its encoder expects. It is of an earlier version of Kindred. Train it again."`);
  writeFileSync(file, 'no');
  expect(await refused()).toMatch(/^<file>: is damaged: /);
  rmSync(file);
  expect(await refused()).toMatchInlineSnapshot(`"<file>: is not there. Only a run with monitor in its settings keeps the encoder that did best."`);
  expect(existsSync(out)).toBe(false);
});
