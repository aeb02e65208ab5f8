/** Settings of views, and the rows of published ones. */
import { tidy } from '@tensorflow/tfjs-core';
import { random } from '@kindred/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { augmentationPresets, colorJitter, compose, horizontalFlip, ViewSettings, viewPipeline } from '../src/index.js';
import { images } from './support.js';

const problems = (settings: unknown): string => {
  const { error } = ViewSettings.safeParse(settings);
  return error === undefined ? 'none' : z.prettifyError(error);
};

describe('settings', () => {
  test('may leave every part out', () => {
    expect(ViewSettings.parse({})).toEqual({});
  });

  test('unknown names and wrong values are named, all of them together', () => {
    expect(
      problems({
        crop: { area: [0.5, 0.08], aspect: [0.75, 1.33], interpolation: 'nearest', sampler: 'torchvision' },
        flip: { probabilty: 0.5 },
        jitter: { probability: 1.5, brightness: -1, contrast: 0, saturation: 0, hueTurns: 36 },
        blur: { probability: 0.5, sigmaPixels: [0, 2], kernel: 4 },
        solarise: {},
      }),
    ).toMatchInlineSnapshot(`
      "✖ Unrecognized key: "solarise"
      ✖ Unrecognized key: "probabilty"
        → at flip
      ✖ expected [min, max] with min not above max
        → at crop.area
      ✖ Invalid option: expected one of "bilinear"|"bicubic"
        → at crop.interpolation
      ✖ Invalid input: expected number, received undefined
        → at flip.probability
      ✖ Too big: expected number to be <=1
        → at jitter.probability
      ✖ Too small: expected number to be >=0
        → at jitter.brightness
      ✖ Too big: expected number to be <=0.5
        → at jitter.hueTurns
      ✖ expected an odd number
        → at blur.kernel
      ✖ Too small: expected number to be >0
        → at blur.sigmaPixels[0]"
    `);
  });
});

describe('the pipeline', () => {
  test('gives a view of its own size, whatever the others have', () => {
    const { crop } = augmentationPresets.cropOnly.views[0];
    const small = viewPipeline({ crop, size: [3, 5] }, { output: [8, 8], channels: 3 });
    expect(small.outputSize?.({ height: 20, width: 20 })).toEqual({ height: 3, width: 5 });
    tidy(() => {
      const given = images([1, 20, 20, 3]);
      expect(small.apply(given, [small.draw(random(1), { height: 20, width: 20 })]).shape).toEqual([1, 3, 5, 3]);
    });
  });

  test('takes colours away before the jitter where it is said', () => {
    const jitter = { probability: 1, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.4 };
    const view = (beforeJitter: boolean): unknown[] =>
      viewPipeline({ jitter, grayscale: { probability: 1, beforeJitter } }, { output: [4, 4], channels: 3 }).draw(
        random(3),
        { height: 4, width: 4 },
      ) as unknown[];
    expect(view(true)[0]).toEqual({ gray: true });
    expect(view(false)[1]).toEqual({ gray: true });
    expect(view(true)[1]).toEqual(view(false)[0]);
  });

  test('has the parts that the settings have, in their order', () => {
    const jitter = { probability: 1, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.1 };
    const built = viewPipeline({ jitter, flip: { probability: 0.5 } }, { output: [4, 4], channels: 3 });
    const byHand = compose([horizontalFlip({ probability: 0.5 }), colorJitter(jitter)]);
    const size = { height: 4, width: 4 };
    expect(built.draw(random(3), size)).toEqual(byHand.draw(random(3), size));
  });

  test('refuses numbers for other channels, before any image', () => {
    const grey = { normalize: { mean: [0.5], deviation: [0.2] } };
    expect(() => viewPipeline(grey, { output: [4, 4], channels: 3 })).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: viewPipeline: has 2 problems
        normalize.mean  has 1 numbers, the images have 3 channels.
        normalize.deviation  has 1 numbers, the images have 3 channels.]
    `);
  });

  test('refuses images of another size where nothing resizes, and of other channels', () => {
    tidy(() => {
      const flipOnly = viewPipeline({ flip: { probability: 0.5 } }, { output: [4, 4], channels: 3 });
      expect(() => flipOnly.apply(images([1, 5, 4, 3]), [[{ flipped: true }]])).toThrowErrorMatchingInlineSnapshot(`[ShapeError: viewPipeline: images is [1, 5, 4, 3], expected [N, 4, 4, 3]. Only a crop changes the size; nothing changes the channels.]`);
      const cropped = viewPipeline(augmentationPresets.cropOnly.views[0], { output: [4, 4], channels: 3 });
      expect(() => cropped.apply(images([1, 5, 4, 1]), [[]])).toThrowErrorMatchingInlineSnapshot(`[ShapeError: viewPipeline: images is [1, 5, 4, 1], expected [N, H, W, 3]. Only a crop changes the size; nothing changes the channels.]`);
    });
  });
});
