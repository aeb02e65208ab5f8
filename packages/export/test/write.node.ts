import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallResNet } from '@kindred/backbones';
import { type EncoderInput, random } from '@kindred/core';
import { beforeEach, expect, test } from 'vitest';
import { exportOnnx, exportSafetensors } from '../src/index.js';
import { writeOnnx, writeSafetensors, writeTfjs, writeTransformers } from '../src/node.js';

const encoder = smallResNet({ stem: { channels: 2, kernel: 3 }, widths: [2], blocks: [1], channels: 3, random: random(1) });
const input: EncoderInput = { size: [8, 8], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 0.875 };
const message = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'nothing was thrown', String);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-export-'));
});

test('a file holds what exportOnnx gives; folders above it are made', async () => {
  await writeOnnx(join(folder, 'a', 'encoder.onnx'), { encoder, input });
  expect(new Uint8Array(readFileSync(join(folder, 'a', 'encoder.onnx')))).toEqual(exportOnnx({ encoder, input }));
});

test('weights for PyTorch are a file of what exportSafetensors gives', async () => {
  await writeSafetensors(join(folder, 'encoder.safetensors'), { encoder, input });
  expect(new Uint8Array(readFileSync(join(folder, 'encoder.safetensors')))).toEqual(exportSafetensors({ encoder, input }));
});

test('an earlier export is replaced, whatever it was', async () => {
  const path = join(folder, 'model');
  await writeTfjs(path, { encoder, input });
  expect(readdirSync(path)).toEqual(['group1-shard1of1.bin', 'model.json']);
  await writeTfjs(path, { encoder, input });
  await writeTransformers(join(folder, 'pipeline'), { encoder, input });
  await writeTransformers(join(folder, 'pipeline'), { encoder, input });
  expect(readdirSync(join(folder, 'pipeline'), { recursive: true }).sort()).toEqual(['config.json', 'onnx', 'onnx/model.onnx', 'preprocessor_config.json']);
  expect(readdirSync(folder).sort()).toEqual(['model', 'pipeline']);
});

test('a folder of other things is left alone', async () => {
  writeFileSync(join(folder, 'thesis.tex'), 'years of work');
  expect((await message(writeTfjs(folder, { encoder, input }))).replace(folder, '<folder>')).toMatchInlineSnapshot(`"DataError: <folder>: holds thesis.tex, expected a new folder or an earlier export, which would be replaced. Choose another folder."`);
  expect(await message(writeTransformers(folder, { encoder, input }))).toContain('thesis.tex');
  expect(readdirSync(folder)).toEqual(['thesis.tex']);
});

test('a file is not replaced by a folder', async () => {
  const path = join(folder, 'notes');
  writeFileSync(path, 'mine');
  expect((await message(writeTfjs(path, { encoder, input }))).replace(folder, '<folder>')).toMatchInlineSnapshot(`"DataError: <folder>/notes: could not be written (ENOTDIR). Part of the path is a file. Choose another place."`);
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('what cannot be exported leaves no file', async () => {
  await message(writeOnnx(join(folder, 'a.onnx'), { encoder, input: { ...input, channels: 1 } }));
  await message(writeTransformers(join(folder, 'b'), { encoder, input: { ...input, size: [8, 9] } }));
  expect(readdirSync(folder)).toEqual([]);
});
