/** Encoders see images as they were trained to: the size of the views, not that of the data; images keep their own sizes till then. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, type Encoder, inputOf, random } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { openDataset } from '@kindred/datasets/node';
import sharp from 'sharp';
import { mean, memory, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { monitorOf } from '../src/monitor/monitor.js';
import { checkSettings, encoderInputOf, EvaluationSettings, evaluateRun, loadRun, openRun, pretrainRun, PretrainSettings, writePreview, writeReport } from '../src/index.js';
import { settingsOn } from './support.js';

const striped = (change: object = {}): PretrainSettings => checkSettings('striped', PretrainSettings, { ...settingsOn('images'), ...change });
const noise = (side: number, channels: number): ReturnType<typeof inMemoryDataset> => {
  const stream = random(3);
  return inMemoryDataset({ name: 'noise', images: Uint8Array.from({ length: 20 * side * side * channels }, () => stream.integer(256)), imageShape: [side, side, channels] });
};

describe('the input of a run', () => {
  test('is the size of the images, or of the views where that is set: then 8/7 of it is cut', () => {
    expect(encoderInputOf(striped(), noise(12, 1))).toEqual({ size: [12, 12], channels: 1, interpolation: 'bilinear', fit: 'cover', cropShare: 1 });
    expect(encoderInputOf(striped({ viewSize: [12, 12] }), noise(12, 1)).cropShare).toBe(1);
    expect(encoderInputOf(striped({ viewSize: [8, 10] }), noise(12, 1))).toMatchObject({ size: [8, 10], cropShare: 0.875 });
  });

  test('has the normalisation and the filter of its views', () => {
    const settings = striped({ views: 'barlowTwins', viewSize: [8, 8] });
    expect(encoderInputOf(settings, noise(12, 3))).toMatchObject({ channels: 3, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225], interpolation: 'bicubic' });
  });

  test('needs viewSize where images keep their own sizes', () => {
    const mixed = { name: 'noise', channels: 1 };
    expect(() => encoderInputOf(striped(), mixed)).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: striped: has 1 problem
        viewSize  expected [height, width], as the images of noise keep their own sizes]
    `);
  });

  test('is what the monitor embeds: ImageNet recipes train at 224 and were measured at 256', async () => {
    const seen: string[] = [];
    const encoder = { dimension: 1, apply: (images: Tensor4D) => (seen.push(images.shape.slice(1).join()), tidy(() => mean(images, [1, 2]))) } as unknown as Encoder;
    await monitorOf(striped({ viewSize: [8, 8] }), noise(12, 1), 1)!.measure(encoder);
    expect([...new Set(seen)]).toEqual(['8,8,1']);
  });
});

describe('a folder of images of many sizes', () => {
  let root: string;
  let run: string;
  const settings = (): PretrainSettings =>
    checkSettings('mixed', PretrainSettings, { ...settingsOn(join(root, 'images')), name: 'mixed', data: { name: 'image-folder', root: join(root, 'images'), channels: 1 }, viewSize: [12, 12], epochs: 2 });
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'kindred-mixed-'));
    const stream = random(7);
    for (const [split, count] of [['train', 16], ['test', 6]] as const) {
      for (const [c, name] of ['across', 'down', 'dots'].entries()) {
        mkdirSync(join(root, 'images', split, name), { recursive: true });
        for (let i = 0; i < count; i++) {
          const [height, width] = [12 + stream.integer(12), 12 + stream.integer(20)];
          const bytes = Uint8Array.from({ length: height * width }, (_, at) => {
            const [y, x] = [Math.floor(at / width), at % width];
            return ([y % 4 < 2, x % 4 < 2, x % 3 === 0 && y % 3 === 0][c] ? 190 : 50) + stream.integer(60);
          });
          await sharp(bytes, { raw: { width, height, channels: 1 } }).png().toFile(join(root, 'images', split, name, `${i}.png`));
        }
      }
    }
    run = (await pretrainRun(settings(), { root })).path;
  }, 60_000);
  afterAll(() => rmSync(root, { recursive: true }));

  test('trains, and its folder and its encoder say what the encoder expects', async () => {
    const expected = { size: [12, 12], channels: 1, interpolation: 'bilinear', fit: 'cover', cropShare: 0.875 };
    expect(JSON.parse(readFileSync(join(run, 'encoder.json'), 'utf8'))).toEqual(expected);
    for (const name of ['encoder.safetensors', 'best.safetensors']) {
      expect(inputOf(name, decodeSafetensors(readFileSync(join(run, name))).metadata)).toEqual(expected);
    }
    const { input } = await loadRun(run, await openDataset(settings().data, 'test'));
    expect(input).toEqual(expected);
    expect((await openRun(run)).settings.viewSize).toEqual([12, 12]);
  });

  test('is evaluated by every probe, beside raw pixels and on other data, and no tensor is left', async () => {
    const count = memory().numTensors;
    const asked = checkSettings('evaluate', EvaluationSettings, {
      k: 5, fractions: [1], probes: ['knn', 'linear', 'sgd', 'fine-tune', 'label-free'],
      sgd: { epochs: 2, batchSize: 16, learningRate: 3 },
      fineTune: [{ fraction: 0.5, protocol: 'simclrTenPercent', epochs: 2, batchSize: 8 }],
      labelFree: { neighbors: 3, images: 16 },
    });
    const data = { train: await openDataset(settings().data, 'train'), test: await openDataset(settings().data, 'test') };
    const { rows, transfer } = await evaluateRun(run, { settings: asked, baselines: true, best: true, data, on: { itself: data } });
    expect(memory().numTensors).toBe(count);
    expect(rows.map(({ name }) => name)).toEqual(['raw pixels', 'random weights', expect.stringContaining('best of training'), 'mixed']);
    for (const { sgd, fineTune } of rows.slice(1)) for (const figures of [sgd!, fineTune![0]!]) expect(figures.last.accuracy).toBeGreaterThanOrEqual(0);
    expect(transfer![0]!.changes).toEqual(['resized to 12x12']);
  }, 60_000);

  test('has a report with pictures of one size, and a preview', async () => {
    const { bytes } = await writeReport([run], { samples: 12 });
    expect(bytes).toBeGreaterThan(10_000);
    expect(existsSync(join(run, 'report.html'))).toBe(true);
    const file = JSON.stringify({ name: 'image-folder', root: join(root, 'images'), channels: 3 });
    const { rows } = await writePreview({ views: 'simclr', data: file, count: 3, seed: 1, tile: 32, out: join(root, 'sheet.png'), bringUpEngine: () => Promise.resolve() });
    expect(rows).toBe(3);
  }, 60_000);

  test('is refused before anything is computed where a view does not begin with a crop', async () => {
    const flipped = checkSettings('flipped', PretrainSettings, { ...settings(), name: 'flipped', views: { flip: { probability: 0.5 } } });
    await expect(pretrainRun(flipped, { root })).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: flipped: has 1 problem
        views.0.crop  expected a crop, as the images of images/train keep their own sizes. Add one, or set data.imageSize]
    `);
    const unsized = checkSettings('unsized', PretrainSettings, { ...settings(), name: 'unsized', viewSize: undefined });
    await expect(pretrainRun(unsized, { root })).rejects.toThrow('viewSize  expected [height, width], as the images of');
  });
});
