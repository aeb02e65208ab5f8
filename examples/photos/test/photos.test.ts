import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '@kindred/core';
import { checkSettings, PretrainSettings } from '@kindred/runs';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { walk } from '../src/walk.js';

test('from 60 pictures to lists and a page: copies are found, and colours are told apart', { timeout: 120_000 }, async () => {
  const top = mkdtempSync(join(tmpdir(), 'kindred-photos-'));
  const pictures = join(top, 'pictures');
  const draws = random(5);
  for (let i = 0; i < 60; i++) {
    const folder = join(pictures, i % 2 === 0 ? 'red' : 'blue');
    mkdirSync(folder, { recursive: true });
    const [x, y] = [draws.integer(12), draws.integer(12)];
    const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      const inside = pixel % 16 >= x && Math.floor(pixel / 16) >= y;
      return (at % 3 === (i % 2 === 0 ? 0 : 2) ? 160 : 20) + (inside ? 60 : 0) + draws.integer(10);
    });
    await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } }).png().toFile(join(folder, `${i}.png`));
  }
  const train = checkSettings('test', PretrainSettings, {
    name: 'run', seed: 1, batchSize: 12, epochs: 1,
    data: { name: 'image-folder', root: pictures, train: '.', imageSize: [16, 16], channels: 3 },
    views: { crop: { area: [0.5, 1], aspect: [0.75, 1.33], interpolation: 'bilinear', sampler: 'torchvision' }, flip: { probability: 0.5 } },
    encoder: { name: 'small-resnet', stem: { channels: 4, kernel: 3, stride: 1 }, widths: [4, 8], blocks: [1, 1] },
    method: { name: 'simclr', temperature: 0.5, projection: { layers: [8, 4], batchNorm: 'all' }, forward: 'joint' },
    optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0, exclude: 'nothing' },
    learningRate: { base: 0.05, scale: 'none', warmupEpochs: 0 },
  });
  const said: string[] = [];
  const { quality, planted, page } = await walk({ pictures, out: top, train, plantAmong: 60, select: 10, say: (line) => said.push(line) });
  expect(quality.trained.precisionAt10).toBeGreaterThan(0.9);
  // a lower threshold never finds fewer
  const found = planted.map(({ recall }) => recall['all']!);
  expect(found).toEqual([...found].sort((a, b) => b - a));
  expect(found[0]).toBeGreaterThan(0.9);
  expect(readdirSync(top)).toEqual(expect.arrayContaining(['clusters.csv', 'duplicates.html', 'outliers.csv', 'select.csv', 'photos.safetensors']));
  expect(existsSync(join(page, 'encoder.js'))).toBe(true);
  expect(said.length).toBeGreaterThan(5);

  const further = { ...train, name: 'further', init: join(top, 'run') };
  const continued = await walk({ pictures, out: join(top, 'continued'), train: further, plantAmong: 10, select: 10, say: () => undefined });
  expect(continued.quality['weights it started from']).toEqual(quality.trained);
});
