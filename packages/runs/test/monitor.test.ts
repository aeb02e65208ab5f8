import type { ImageDataset } from '@kindred/core';
import { disposeNetwork } from '@kindred/backbones';
import { inMemoryDataset } from '@kindred/datasets';
import { describe, expect, test } from 'vitest';
import { checkSettings, freshEncoder, PretrainSettings } from '../src/index.js';
import { monitorOf } from '../src/monitor/monitor.js';
import { someLabelled } from '../src/some-images.js';
import { settingsOn } from './support.js';

const dataset: ImageDataset = inMemoryDataset({ name: 'few', images: new Uint8Array(64 * 144), imageShape: [12, 12, 1] });

/** The steps after which a run measures itself. */
function dueSteps(everyEpochs: number, epochs: number, stepsPerEpoch: number): number[] {
  const settings = checkSettings('monitor', PretrainSettings, { ...settingsOn('.'), epochs, monitor: { everyEpochs, images: 64 } });
  const monitor = monitorOf(settings, dataset, stepsPerEpoch)!;
  return Array.from({ length: epochs * stepsPerEpoch }, (_, i) => i + 1).filter((step) => monitor.due(step));
}

describe('a run measures itself', () => {
  test('once an interval, also where that is no whole number of steps, and at the end, but not just before it', () => {
    expect(dueSteps(0.25, 1, 781)).toEqual([195, 391, 586, 781]);
    expect(dueSteps(0.5, 3, 469)).toEqual([235, 469, 704, 938, 1173, 1407]);
    expect(dueSteps(10, 25, 3)).toEqual([30, 60, 75]);
  });

  test('at every step where the interval is shorter, and at the end alone where it is longer than the run', () => {
    expect(dueSteps(0.1, 2, 2)).toEqual([1, 2, 3, 4]);
    expect(dueSteps(9, 2, 5)).toEqual([10]);
  });

  test('by images that have a class alone, counted among themselves', () => {
    const labels = Int32Array.from({ length: 6000 }, (_, i) => (i < 300 ? i % 3 : -1));
    expect(someLabelled({ labels }, 240, 1)!.length).toBe(240); // not 240 of 6,000: 12
    expect(someLabelled({ labels }, 6000, 1)!.length).toBe(300);
    expect(someLabelled({ labels: new Int32Array(9).fill(-1) }, 5, 1)).toBeUndefined();
    expect(someLabelled({}, 5, 1)).toBeUndefined();
  });

  test('with kNN if an image is left to be classified, and without it otherwise', async () => {
    const keys = async (labels: Int32Array | undefined): Promise<string[]> => {
      const settings = checkSettings('monitor', PretrainSettings, { ...settingsOn('.'), monitor: { everyEpochs: 1, images: 64 } });
      const given = inMemoryDataset({ name: 'given', images: Uint8Array.from({ length: 6 * 144 }, (_, i) => (i * 37) % 251), imageShape: [12, 12, 1], ...(labels && { labels }) });
      const encoder = freshEncoder(settings, given);
      try {
        return Object.keys(await monitorOf(settings, given, 1)!.measure(encoder));
      } finally {
        disposeNetwork(encoder);
      }
    };
    const spread = ['uniformity', 'deviation', 'participationRatio'];
    expect(await keys(Int32Array.of(0, 0, 1_999_999_999, 1, -1, -1))).toEqual(['knn', ...spread]);
    expect(await keys(Int32Array.of(0, 1, 2, 3, 4, 5))).toEqual(spread);
    expect(await keys(Int32Array.of(0, 0, 0, 0, 0, 0))).toEqual(spread);
    expect(await keys(undefined)).toEqual(spread);
  });
});
