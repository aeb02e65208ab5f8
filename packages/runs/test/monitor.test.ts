import type { UniformImageDataset } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { describe, expect, test } from 'vitest';
import { checkSettings, PretrainSettings } from '../src/index.js';
import { monitorOf } from '../src/monitor/monitor.js';
import { settingsOn } from './support.js';

const dataset: UniformImageDataset = inMemoryDataset({ name: 'few', images: new Uint8Array(64 * 144), imageShape: [12, 12, 1] });

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
});
