import type { UniformImages } from '@kindred/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { inMemoryDataset, trainingSteps } from '../src/index.js';

const dataset = inMemoryDataset({ name: 'seven', images: Uint8Array.of(0, 10, 20, 30, 40, 50, 60), labels: Int32Array.of(0, 1, 0, 1, 0, 1, 0), imageShape: [1, 1, 1] });
const views = { count: 1, make: (batch: unknown) => [tf.tensor4d([...(batch as UniformImages).pixels], [(batch as UniformImages).pixels.length, 1, 1, 1])] };
const options = { dataset, views, batchSize: 2, epochs: 3, seed: 1 };

async function seen(startStep: number, part?: { index: number; of: number }): Promise<string[]> {
  const steps: string[] = [];
  for await (const { step, epoch, sampleIds, labels, views: [view] } of trainingSteps({ ...options, startStep, ...(part && { part }) })) {
    expect([...sampleIds].map((id) => view!.dataSync()[[...sampleIds].indexOf(id)])).toEqual([...sampleIds].map((id) => 10 * id));
    expect([...labels!]).toEqual([...sampleIds].map((id) => id % 2));
    steps.push(`${step} ${epoch} ${[...sampleIds].join()}`);
  }
  return steps;
}

describe('trainingSteps', () => {
  test('numbers its steps over all epochs, three of two samples in each', async () => {
    expect((await seen(0)).map((step) => step.slice(0, 3))).toEqual(['0 0', '1 0', '2 0', '3 1', '4 1', '5 1', '6 2', '7 2', '8 2']);
  });

  test.each([1, 3, 5, 8, 9])('from step %d on is the end of a whole one', async (start) => {
    expect(await seen(start)).toEqual((await seen(0)).slice(start));
  });

  test('two parts are together the whole', async () => {
    const [whole, left, right] = [await seen(0), await seen(0, { index: 0, of: 2 }), await seen(0, { index: 1, of: 2 })];
    expect(left.map((step, i) => `${step},${right[i]!.split(' ')[2]}`)).toEqual(whole);
  });

  test('frees its views, also where the loop is left or throws', async () => {
    const before = tf.memory().numTensors;
    await seen(0);
    for await (const { step } of trainingSteps(options)) if (step === 4) break;
    await expect(
      (async () => {
        for await (const { step } of trainingSteps(options)) if (step === 1) throw new Error('mine');
      })(),
    ).rejects.toThrow('mine');
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses what gives no step', async () => {
    await expect(trainingSteps({ ...options, batchSize: 8 }).next()).rejects.toThrow('stepsPerEpoch.batchSize');
    await expect(trainingSteps({ ...options, epochs: 0 }).next()).rejects.toThrow('trainingSteps.epochs');
  });
});
