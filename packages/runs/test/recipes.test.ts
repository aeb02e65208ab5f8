import { readFileSync } from 'node:fs';
import type { ImageDataset } from '@kindred/core';
import { augmentationPresets, type ViewSettings } from '@kindred/augmentations';
import { pretrain } from '@kindred/training';
import { inMemoryDataset } from '@kindred/datasets';
import { expect, test } from 'vitest';
import { buildRun, checkSettings, PretrainSettings, type Recipe, recipes } from '../src/index.js';

/** 32 images of noise around three levels. */
const noise = (channels: number): ImageDataset => {
  const length = 1024 * channels;
  const images = Uint8Array.from({ length: 32 * length }, (_, at) => (Math.floor(at / length) % 3) * 80 + ((at * 2654435761) >>> 24) / 4);
  return inMemoryDataset({ name: 'noise', images, imageShape: [32, 32, channels], labels: Int32Array.from({ length: 32 }, (_, i) => i % 3) });
};

/** A recipe in the small: its parts and how they are joined stay, their sizes shrink. */
function small({ settings }: Recipe): unknown {
  const shrink = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map((each) => shrink(each, key));
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shrink(each, name)]));
    if (typeof value !== 'number') return value;
    if (key === 'layers' || key === 'hidden') return Math.max(8, Math.ceil(value / 256));
    if (key === 'capacity') return 32;
    return key === 'count' || key === 'clusters' ? 4 : value;
  };
  const views = settings.views as keyof typeof augmentationPresets;
  const crops = typeof views === 'string' ? (augmentationPresets[views].views as readonly ViewSettings[]) : [views as ViewSettings];
  const sized = crops.map(({ size, ...view }) => ({ ...view, ...(size && { size: size.map((length) => Math.round(length / 7)) }) }));
  return {
    ...settings,
    method: shrink(settings.method),
    views: sized.length === 1 ? sized[0] : sized,
    viewSize: [32, 32],
    encoder: settings.encoder.name === 'resnet' ? { ...settings.encoder, depth: 18, widthMultiplier: 1 / 16 } : settings.encoder,
    learningRate: { ...settings.learningRate, warmupEpochs: 0.5, ...(settings.learningRate.scale === 'none' && { base: 0.05, start: 0 }) },
    batchSize: 16,
    epochs: 1,
    monitor: undefined,
  };
}

const rows = Object.entries(recipes).map(([name, recipe]): [string, Recipe] => [name, recipe]);

test.each(rows)('%s: its parts fit, and train two steps in the small', async (name, recipe) => {
  const settings = checkSettings(name, PretrainSettings, small(recipe));
  const grey = settings.data.name === 'fashion-mnist';
  const dataset = noise(grey ? 1 : 3);
  const losses: number[] = [];
  const { method, optimizer, schedule, views } = buildRun(settings, dataset);
  await pretrain({ method, optimizer, schedule, views, dataset, batchSize: 16, epochs: 1, seed: 1, onStep: ({ loss }) => void losses.push(loss) });
  expect(losses.length).toBe(2);
  expect(losses.every(Number.isFinite)).toBe(true);
});

test('docs/results/recipes.md tells what is to be expected of each recipe of full size, in the words of its source', () => {
  const page = readFileSync(new URL('../../../docs/results/recipes.md', import.meta.url), 'utf8');
  const told = [...page.matchAll(/^\| `([\w-]+)` \| (\d+) \| (.+) \|$/gm)].map(([, name, epochs, source]) => [name, Number(epochs), source]);
  const measuredHere = (name: string): boolean => /^(quick-start|fashion-mnist)-/.test(name);
  expect(told).toEqual(rows.filter(([name]) => !measuredHere(name)).map(([name, { settings, source }]) => [name, settings.epochs, source]));
});

test('every method has a recipe', () => {
  const named = new Set(rows.map(([, { settings }]) => settings.method.name));
  const methods = PretrainSettings.shape.method.options.map((option) => option.shape.name.value);
  expect([...named].sort()).toEqual([...methods].sort());
});
