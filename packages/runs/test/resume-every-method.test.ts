import { random, type ImageDataset } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { type Checkpoint, pretrain } from '@kindred/training';
import { describe, expect, test } from 'vitest';
import { buildRun, checkSettings, PretrainSettings } from '../src/index.js';
import { smallMethods } from './method-recipes.js';
import { settingsOn } from './support.js';

const stream = random(5);
const dataset: ImageDataset = inMemoryDataset({
  name: 'noise/train',
  images: Uint8Array.from({ length: 128 * 144 }, () => stream.integer(256)),
  imageShape: [12, 12, 1],
  labels: Int32Array.from({ length: 128 }, (_, i) => i % 10),
});

const methods = {
  ...Object.fromEntries(Object.entries(smallMethods).map(([name, { settings }]) => [name, settings])),
  'triplet of classes with hard negatives': { ...smallMethods.triplet.settings, labels: true, hardNegatives: { capacity: 256, k: 4 } },
  'nnclr with neighbours found by features': { ...smallMethods.nnclr.settings, lookUp: 'features' },
  'nnclr with neighbours that come in slowly': { ...smallMethods.nnclr.settings, prediction: 'none', share: { from: 0, to: 0.5, epochs: 1.5 }, directions: 'once' },
};

/** Trains two epochs of two steps, from the start or from a checkpoint. */
async function run(method: unknown, resumeFrom?: Checkpoint): Promise<Checkpoint[]> {
  const settings = checkSettings('method', PretrainSettings, { ...settingsOn('.'), method, batchSize: 64, epochs: 2 });
  const checkpoints: Checkpoint[] = [];
  const parts = buildRun(settings, dataset);
  await pretrain({ ...parts, dataset, batchSize: 64, epochs: 2, seed: 1, checkpointEvery: 1, ...(resumeFrom && { resumeFrom }), onCheckpoint: (each) => void checkpoints.push(each) });
  return checkpoints;
}

describe('a run resumed from each of its checkpoints ends in the same values, bit for bit:', () => {
  test.each(Object.entries(methods))('%s', async (_, method) => {
    const whole = await run(method);
    for (const at of [0, 1, 2]) {
      const resumed = await run(method, whole[at]!);
      expect(resumed.at(-1)).toEqual(whole.at(-1));
    }
  }, 60_000);
});
