/** The rows of published settings: each builds, runs, and does what it says as often as it says. */
import { random } from '@kindred/core';
import { memory, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type AugmentationPreset, augmentationPresets, type CutOutRecord, drawViews, applyViews, type JitterRecord, ViewSettings, viewPipeline } from '../src/index.js';
import { distance, images } from './support.js';

const rows = Object.entries<AugmentationPreset>(augmentationPresets);
const size = { height: 32, width: 32 };

test.each(rows)('%s: valid settings with a source', (_, { views, source, dataset }) => {
  for (const settings of views) expect(ViewSettings.parse(settings)).toEqual(settings);
  expect(source.length).toBeGreaterThan(20);
  expect(['imagenet', 'cifar10']).toContain(dataset);
});

describe.each([32, 64])('on images of %i pixels', (side) => {
  test.each(rows)('%s gives views of the size that it says, in 0..1 unless normalised, another for each image', (_, { views }) => {
    const pipelines = views.map((view) => viewPipeline(view, { output: [side, side], channels: 3 }));
    const given = images([3, side, side, 3]);
    const before = memory().numTensors;
    const records = drawViews(pipelines, { seed: 1, epoch: 0, sampleIds: [0, 1, 2], size: { height: side, width: side } });
    const made = applyViews(pipelines, given, records);
    expect(memory().numTensors).toBe(before + views.length);
    made.forEach((view, v) => {
      const { size: own = [side, side], normalize } = views[v]!;
      expect(view.shape).toEqual([3, ...own, 3]);
      const values = view.dataSync<'float32'>();
      expect(values.every(Number.isFinite)).toBe(true);
      if (normalize === undefined) expect(values.every((x) => x >= -1e-6 && x <= 1 + 1e-6)).toBe(true);
      const length = values.length / 3;
      expect(distance(values.slice(0, length), values.slice(length, 2 * length))).toBeGreaterThan(0.1);
      view.dispose();
    });
    given.dispose();
  });
});

/** Whether a part's record is of an image that it changes. */
const happened: Record<string, (record: never) => boolean> = {
  horizontalFlip: ({ flipped }: { flipped: boolean }) => flipped,
  colorJitter: ({ order }: JitterRecord) => order.length > 0,
  randomGrayscale: ({ gray }: { gray: boolean }) => gray,
  gaussianBlur: ({ sigmaPixels }: { sigmaPixels: number }) => sigmaPixels > 0,
  solarize: ({ solarized }: { solarized: boolean }) => solarized,
  cutOut: ({ box }: CutOutRecord) => box !== null,
};
/** The parts by the names of their settings, in the order in which a view applies them. */
const named = (view: ViewSettings): { part: string; probability: number }[] => {
  const colours: [string, { probability: number } | undefined][] = [['colorJitter', view.jitter], ['randomGrayscale', view.grayscale]];
  const all: [string, { probability: number } | undefined][] = [
    ['horizontalFlip', view.flip],
    ...(view.grayscale?.beforeJitter ? colours.reverse() : colours),
    ['gaussianBlur', view.blur],
    ['solarize', view.solarize],
    ['cutOut', view.cutOut],
  ];
  return all.flatMap(([part, settings]) => (settings === undefined ? [] : [{ part, probability: settings.probability }]));
};

test.each(rows)('%s: each part happens as often as its probability says', (_, { views }) => {
  const different = [...new Map(views.map((view) => [JSON.stringify(view), view])).values()];
  for (const view of different) {
    const pipeline = viewPipeline(view, { output: [32, 32], channels: 3 });
    const count = 1500;
    const drawn = Array.from({ length: count }, (_, i) => pipeline.draw(random(i), size));
    named(view).forEach(({ part, probability }, i) => {
      const share = drawn.filter((records) => happened[part]!(records[i + 1] as never)).length / count; // the crop comes first
      // 4 standard deviations; the seeds are fixed
      expect(Math.abs(share - probability), `${part} ${share}`).toBeLessThanOrEqual(4 * Math.sqrt((probability * (1 - probability)) / count));
    });
  }
});

test('the two views of BYOL and of those that follow it differ in blur and solarisation, those of the others do not', () => {
  const asymmetric = rows.filter(([, { views }]) => views.length === 2 && JSON.stringify(views[0]) !== JSON.stringify(views[1]));
  expect(asymmetric.map(([name]) => name)).toEqual(['byol', 'mocoV3', 'barlowTwins', 'vicreg', 'soloLearnCifar']);
  for (const [, { views: [first, second] }] of asymmetric) {
    expect([first!.solarize, second!.solarize?.probability]).toEqual([undefined, 0.2]);
    if (first!.blur) expect([first!.blur.probability, second!.blur!.probability]).toEqual([1, 0.1]);
    const { blur: b1, solarize: s1, ...one } = first!;
    const { blur: b2, solarize: s2, ...other } = second!;
    expect(one).toEqual(other);
    expect([b1?.sigmaPixels, s1]).toEqual([b2?.sigmaPixels, undefined]);
    expect(s2!.threshold).toBe(0.5);
  }
});

test('SwAV’s views are two of 224 pixels from large parts and six of 96 from small ones', () => {
  const sizes = augmentationPresets.swav.views.map(({ size: own, crop }) => [...own!, ...crop!.area]);
  expect(sizes.slice(0, 2)).toEqual([[224, 224, 0.14, 1], [224, 224, 0.14, 1]]);
  expect(sizes.slice(2)).toEqual(Array.from({ length: 6 }, () => [96, 96, 0.05, 0.14]));
  expect(augmentationPresets.deepClusterV2.views).toEqual(augmentationPresets.swav.views);
});

test('SimCLR’s numbers: strength 1 with blur for ImageNet, strength 0.5 without for CIFAR; its first version adds brightness', () => {
  const { simclr, simclrV1, simclrCifar } = augmentationPresets;
  const strengths = { probability: 0.8, brightness: 0.8, contrast: 0.8, saturation: 0.8, hueTurns: 0.2, definitions: 'tensorflow' };
  expect(simclr.views[0].jitter).toEqual(strengths);
  expect(simclrV1.views[0].jitter).toEqual({ ...strengths, additiveBrightness: true });
  expect(simclrCifar.views[0].jitter).toEqual({ ...strengths, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.1 });
  expect(simclr.views[0].blur).toEqual({ probability: 0.5, sigmaPixels: [0.1, 2], kernel: 23, edges: 'zeros' }); // 224 / 10 to both sides
  expect(simclrCifar.views[0].blur).toBeUndefined();
});

test('MoCo’s first version takes colours away before an unconditional jitter of hue 0.4', () => {
  const { jitter, grayscale, blur } = augmentationPresets.mocoV1.views[0];
  expect([jitter!.probability, jitter!.hueTurns, grayscale!.beforeJitter, blur]).toEqual([1, 0.4, true, undefined]);
  const drawn = viewPipeline(augmentationPresets.mocoV1.views[0], { output: [8, 8], channels: 3 }).draw(random(1), size);
  expect(drawn.map((record) => Object.keys(record ?? {})[0])).toEqual(['top', 'flipped', 'gray', 'order', undefined]);
});

test('a view with a grey image in three channels, by the definitions of each row, stays grey', () => {
  tidy(() => {
    for (const [name, { views }] of rows) {
      const view = { ...views[0]!, normalize: undefined, size: undefined };
      const pipeline = viewPipeline(view, { output: [8, 8], channels: 3 });
      const gray = images([4, 8, 8, 1]).dataSync<'float32'>();
      const pixels = Uint8Array.from({ length: 4 * 192 }, (_, i) => Math.round(255 * gray[Math.floor(i / 3)]!));
      const records = [0, 1, 2, 3].map((i) => pipeline.draw(random(i), { height: 8, width: 8 }));
      const values = pipeline.applyToPixels!({ pixels, shape: [4, 8, 8, 3] }, records).dataSync<'float32'>();
      for (let i = 0; i < values.length; i += 3) {
        // the weights of grey sum to 0.9999
        expect(Math.max(...values.slice(i, i + 3)) - Math.min(...values.slice(i, i + 3)), name).toBeLessThan(1e-5);
      }
    }
  });
});
