import type { ImageDataset } from '@kindred/core';
import { disposeNetwork } from '@kindred/backbones';
import { inMemoryDataset } from '@kindred/datasets';
import { describe, expect, test } from 'vitest';
import { checkSettings, freshEncoder, PretrainSettings } from '../src/index.js';
import { followNeighbors, rowsToFollow } from '../src/monitor/followed-neighbors.js';
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
        return Object.keys((await monitorOf(settings, given, 1)!.measure(encoder)).values);
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

describe('neighbours are followed', () => {
  test('of one image of each class that the vote does not know, among those that vote', () => {
    const labels = Int32Array.of(2, 0, 1, 0, 1, 2, 0, 1, 2, 0);
    const parts = { held: Int32Array.of(0, 3, 4, 8), rest: Int32Array.of(1, 2, 5, 6, 7, 9) };
    expect(rowsToFollow(10, labels, parts)).toEqual({ queries: Int32Array.of(3, 4, 0), others: parts.rest });
  });

  test('of the first images among the others where there are no classes, and not at all where too few are left', () => {
    expect(rowsToFollow(17, undefined, undefined)).toEqual({ queries: Int32Array.from({ length: 10 }, (_, i) => i), others: Int32Array.from({ length: 7 }, (_, i) => 10 + i) });
    expect(rowsToFollow(15, undefined, undefined)).toBeUndefined();
  });

  test('by the numbers of the dataset, nearest first', async () => {
    // angles of rows on a circle, in degrees
    const angles = [0, 50, 1, 5, 2, 4, 3, 90];
    const values = Float32Array.from(angles.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]));
    const rows = { queries: Int32Array.of(0), others: Int32Array.of(1, 2, 3, 4, 5, 6, 7) };
    const found = await followNeighbors({ values, dimension: 2 }, rows, Int32Array.from(angles, (_, i) => 100 + i));
    expect([found.sampleIds, found.neighborIds]).toEqual([[100], [[102, 104, 106, 105, 103, 101]]]);
    expect(found.similarities[0]![1]).toBeCloseTo(Math.cos((2 * Math.PI) / 180), 6);
  });
});
