import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KindredError } from '@kindred/core';
import { readIdentity, readMetrics } from '@kindred/training/node';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSettings, completeRun, openRun, pretrainRun, PretrainSettings, resumeRun } from '../src/index.js';
import { smallMethods } from './method-recipes.js';
import { settingsOn, stripedImages } from './support.js';

let images: string;
let root: string;
beforeAll(async () => {
  images = await stripedImages();
  root = mkdtempSync(join(tmpdir(), 'kindred-identity-'));
});
afterAll(() => {
  for (const folder of [images, root]) rmSync(folder, { recursive: true });
});

const settings = (changed: Record<string, unknown> = {}): PretrainSettings => checkSettings('test', PretrainSettings, { ...settingsOn(images), monitor: undefined, epochs: 2, ...changed });
const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => {
      if (!KindredError.is(error)) throw error;
      return `${error.name}: ${error.message}`.replaceAll(root, '<root>').replaceAll(/kindred-images-\w+/g, 'images');
    },
  );

/** Trains until so many steps are done. */
async function stopped(name: string, at: number): Promise<string> {
  const controller = new AbortController();
  const { path } = await pretrainRun(settings({ name }), { root, signal: controller.signal, onStep: ({ step }) => step === at && controller.abort() });
  return path;
}

describe('a run is its folder', () => {
  test('a copy goes on where it is, under its own name, and the original stays', async () => {
    const original = await stopped('original', 4);
    const copy = join(root, 'a copy');
    cpSync(original, copy, { recursive: true });
    expect((await openRun(copy)).settings.name).toBe('a copy');
    expect(await resumeRun(copy)).toMatchObject({ path: copy, step: 12, finished: true });
    expect((await readMetrics(copy)).length).toBe(12);
    expect((await readMetrics(original)).length).toBe(4);
  });

  test('a renamed run goes on, to the weights of one without a break', async () => {
    const { path: whole } = await pretrainRun(settings({ name: 'whole' }), { root });
    const renamed = join(root, 'renamed');
    renameSync(await stopped('early', 5), renamed);
    await resumeRun(renamed);
    const model = (path: string): Buffer => readFileSync(join(path, 'checkpoints', 'step-12', 'model.safetensors'));
    expect(model(renamed).equals(model(whole))).toBe(true);
  });

  test('what is not there is not resumed', async () => {
    expect(await message(resumeRun(join(root, 'nowhere')))).toMatchInlineSnapshot(`"DataError: <root>/nowhere: is not there. Give the folder of a run."`);
    expect(existsSync(join(root, 'nowhere'))).toBe(false);
  });

  test('images added before a resume are refused with their number, or taken by permission', async () => {
    const path = await stopped('changed-data', 3);
    const added = join(images, 'train', 'across', 'added.png');
    copyFileSync(join(images, 'train', 'across', '0.png'), added);
    try {
      expect(await message(resumeRun(path))).toMatchInlineSnapshot(`"DataError: <root>/changed-data: its data are not those it was trained on: 48 samples of images/train then, 49 samples of images/train now. Order and epochs would be others, and what the run remembers would be of other samples. Restore the data, or say --accept-changed-data (acceptChangedData)."`);
      const said: string[] = [];
      await resumeRun(path, { acceptChangedData: true, onWarning: (text) => said.push(text) });
      expect(said[0]).toContain('48 samples');
      expect((await readIdentity(join(path, 'run.json')))!.data.size).toBe(49);
    } finally {
      rmSync(added);
    }
  });

  test('images in another place are the same images', async () => {
    const path = await stopped('moved-data', 3);
    const moved = `${images}-moved`;
    renameSync(images, moved);
    try {
      expect(await message(resumeRun(path))).toContain('DataError');
      expect(await resumeRun(path, { data: moved })).toMatchObject({ finished: true, step: 12 });
      expect((await openRun(path)).settings.data).toMatchObject({ root: moved });
    } finally {
      renameSync(moved, images);
    }
  });
});

test.each(['nnclr', 'byol', 'moco-v2', 'swav', 'deepcluster-v2', 'triplet', 'nn-moco'] as const)('a run of %s leaves no tensor behind, finished, resumed or failed', async (name) => {
  const method = { ...smallMethods[name].settings, ...(name === 'deepcluster-v2' && { clusters: [6, 6] }) };
  const of = (changed: Record<string, unknown> = {}): PretrainSettings => settings({ name: `tensors-${name}`, method, epochs: 1, batchSize: 16, ...changed });
  const before = memory().numTensors;
  const { path } = await pretrainRun(of(), { root });
  expect(memory().numTensors).toBe(before);
  await resumeRun(path, { set: ['epochs=2'] });
  expect(memory().numTensors).toBe(before);
  const fail = (): never => {
    throw new Error('on purpose');
  };
  await expect(pretrainRun(of({ name: `failed-${name}` }), { root, onStep: fail })).rejects.toThrow('on purpose');
  expect(memory().numTensors).toBe(before);
});

describe('changes on the way', () => {
  test('a finished run goes on for more epochs, from its weights, at the rate that the longer schedule has there', async () => {
    const { path } = await pretrainRun(settings({ name: 'longer' }), { root });
    const rates: number[] = [];
    expect(await resumeRun(path, { set: ['epochs=3'], onStep: ({ learningRate }) => rates.push(learningRate) })).toMatchObject({ step: 18, finished: true });
    const { path: whole } = await pretrainRun(settings({ name: 'long', epochs: 3 }), { root });
    expect(rates).toEqual((await readMetrics(whole)).slice(12).map(({ learningRate }) => learningRate));
    expect((await openRun(path)).settings.epochs).toBe(3);
    expect((await readIdentity(join(path, 'run.json')))!.changes).toMatchObject([{ step: 12, what: 'epochs 2 then, 3 now' }]);
  });

  test('another learning rate holds from the checkpoint on', async () => {
    const path = await stopped('slower', 8);
    const rates: number[] = [];
    await resumeRun(path, { set: ['learningRate.base=0.5'], onStep: ({ learningRate }) => rates.push(learningRate) });
    const before = (await readMetrics(path)).map(({ learningRate }) => learningRate);
    expect(before.slice(8)).toEqual(rates);
    const { path: whole } = await pretrainRun(settings({ name: 'fast' }), { root });
    expect(rates).toEqual((await readMetrics(whole)).slice(8).map(({ learningRate }) => learningRate / 2));
  });

  test('what the run is does not change, and a refusal leaves it as it was', async () => {
    const path = await stopped('fixed', 7);
    const before = readFileSync(join(path, 'config.json'), 'utf8');
    expect(await message(resumeRun(path, { set: ['batchSize=4', 'method.temperature=0.1'] }))).toMatchInlineSnapshot(`
      "SettingsError: <root>/fixed: has 2 problems
        batchSize           cannot change on the way: it is part of what the run is. epochs, learningRate, optimizer.weightDecay, checkpointEvery and monitor can; for others start a new run
        method.temperature  cannot change on the way: it is part of what the run is. epochs, learningRate, optimizer.weightDecay, checkpointEvery and monitor can; for others start a new run"
    `);
    expect(await message(resumeRun(path, { set: ['epochs=1'] }))).toMatchInlineSnapshot(`
      "SettingsError: <root>/fixed: has 1 problem
        epochs  expected at least 2: the run has made 7 steps, 6 an epoch; received 1"
    `);
    expect(readFileSync(join(path, 'config.json'), 'utf8')).toBe(before);
    expect(readdirSync(path)).not.toContain('lock');
  });

  test('completeRun begins, goes on and leaves a finished run, and refuses other settings of its name', async () => {
    await stopped('complete', 4);
    expect(await completeRun(settings({ name: 'complete' }), { root })).toMatchObject({ step: 12, finished: true });
    let steps = 0;
    expect(await completeRun(settings({ name: 'complete' }), { root, onStep: () => steps++ })).toMatchObject({ step: 12, finished: true, seconds: 0 });
    expect(steps).toBe(0);
    expect(await message(completeRun(settings({ name: 'complete', seed: 2, epochs: 3 }), { root }))).toMatchInlineSnapshot(`"DataError: <root>/complete/config.json: is of a run with other settings (seed 1 then, 2 now; epochs 2 then, 3 now). Go on with the settings of the run, or choose another name."`);
    expect(await completeRun(settings({ name: 'begun' }), { root })).toMatchObject({ step: 12, finished: true });
  });
});

describe('before a folder is made', () => {
  const refused = (changed: Record<string, unknown>): Promise<string> =>
    message(Promise.resolve().then(() => pretrainRun(settings({ name: 'refused', ...changed }), { root })));

  test('all that can be known is said', async () => {
    const head = { layers: [8, 4], batchNorm: 'all' };
    expect(await refused({ batchSize: 1 })).toMatchInlineSnapshot(`
      "SettingsError: test: has 1 problem
        batchSize  expected at least 2, as nnclr compares the images of a batch, received 1."
    `);
    expect(await refused({ batchSize: 1, method: { name: 'byol', projection: head, prediction: { hidden: 8 }, momentum: { decay: 0.9, schedule: 'cosine' } } })).toMatchInlineSnapshot(`
      "SettingsError: test: has 1 problem
        batchSize  expected at least 2, as the batch norm of the heads normalises over the images of a pass, received 1."
    `);
    expect(await refused({ batchSize: 64, method: { name: 'deepcluster-v2', temperature: 0.1, projection: head, clusters: [3, 500], iterations: 2 } })).toMatchInlineSnapshot(`
      "SettingsError: refused: has 2 problems
        batchSize          expected at most 48, the images of images/train, received 64
        method.clusters.1  expected at most 48, the images of images/train, received 500"
    `);
    expect(await refused({ method: { name: 'supervised', classes: 2 } })).toMatchInlineSnapshot(`
      "SettingsError: refused: has 1 problem
        method.classes  expected at least 3, as images/train has class 2, received 2"
    `);
    const flat = join(images, 'train', 'across');
    expect(await refused({ data: { name: 'image-folder', root: flat, train: '.', imageSize: [12, 12], channels: 1 }, method: { name: 'supcon', temperature: 0.1, projection: head } })).toMatchInlineSnapshot(`
      "SettingsError: refused: has 1 problem
        method.name  supcon learns from classes, and across has none. Take labelled images, or another method"
    `);
    expect(existsSync(join(root, 'refused'))).toBe(false);
  });

  test('a run that fails in its first step leaves nothing, and its name is free', async () => {
    const fail = (): never => {
      throw new Error('first step');
    };
    await expect(pretrainRun(settings({ name: 'refused', monitor: { everyEpochs: 1, images: 40, k: 5 } }), { root, onStart: fail })).rejects.toThrow('first step');
    expect(existsSync(join(root, 'refused'))).toBe(false);
    expect(await pretrainRun(settings({ name: 'refused', epochs: 1, seed: 5 }), { root })).toMatchObject({ finished: true });
  });
});
