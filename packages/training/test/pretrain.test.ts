import { flattenParameters } from '@kindred/core';
import { averageWeights, chain, clipByGlobalNorm, extendSchedule } from '@kindred/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, pretrain, type StepRecord } from '../src/index.js';
import { smallMethod, smallOptimizer, smallRun } from './support.js';

/** Runs to the end and gives the last checkpoint and all records. */
async function run(options: ReturnType<typeof smallRun>): Promise<{ last: Checkpoint; records: StepRecord[]; all: Checkpoint[] }> {
  const records: StepRecord[] = [];
  const all: Checkpoint[] = [];
  await pretrain({ ...options, onStep: (record) => void records.push(record), onCheckpoint: (checkpoint) => void all.push(checkpoint) });
  return { last: all.at(-1)!, records, all };
}

describe('pretrain', () => {
  test('the same seed gives the same weights, bit for bit, another one gives others', async () => {
    const [one, two, other] = [await run(smallRun()), await run(smallRun()), await run({ ...smallRun(), seed: 4 })];
    expect(two.last).toEqual(one.last);
    expect(two.records.map(({ loss }) => loss)).toEqual(one.records.map(({ loss }) => loss));
    expect(other.last.model).not.toEqual(one.last.model);
  });

  test('resumed from any checkpoint it ends in the same weights and state', async () => {
    const whole = await run({ ...smallRun(), checkpointEvery: 1 });
    expect(whole.all.map(({ step }) => step)).toEqual(Array.from({ length: 18 }, (_, i) => i + 1));
    for (const at of [1, 3, 4, 11, 17]) {
      // another seed's weights: all of them must come from the checkpoint
      const resumed = await run({ ...smallRun(smallMethod(99)), resumeFrom: whole.all[at - 1]! });
      expect(resumed.last).toEqual(whole.last);
      expect(resumed.records[0]!.step).toBe(at + 1);
    }
  });

  test('records tell step, epoch, loss, learning rate, speed and the method\'s own numbers', async () => {
    const { records } = await run(smallRun());
    expect(records).toHaveLength(18);
    expect(records.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5]);
    const [first, , third] = records;
    expect(first!.learningRate).toBe(0);
    expect(third!.learningRate).toBeCloseTo(0.1, 10);
    expect(third!.samplesPerSecond).toBeGreaterThan(0);
    expect(third!.diagnostics).toHaveProperty('neighborPurity');
    const watched = records.filter(({ diagnostics }) => 'projectionRank' in diagnostics && 'projectionDeviation' in diagnostics);
    expect(watched.map(({ step }) => step)).toEqual([1, 10]);
    records.forEach(({ loss }) => expect(Number.isFinite(loss)).toBe(true));
  });

  test('watchEvery: whether projections collapse, as often as wanted, and without a trace in the weights', async () => {
    const { records, last } = await run({ ...smallRun(), watchEvery: 4 });
    const without = await run({ ...smallRun(), watchEvery: 0 });
    const steps = (all: StepRecord[]): number[] => all.filter(({ diagnostics }) => 'projectionRank' in diagnostics).map(({ step }) => step);
    expect(steps(records)).toEqual([1, 4, 8, 12, 16]);
    expect(steps(without.records)).toEqual([]);
    expect(without.last).toEqual(last);
    const inChunks = await run({ ...smallRun(), chunkSize: 4, epochs: 1, watchEvery: 3 });
    expect(steps(inChunks.records)).toEqual([1, 3]);
    // projections of the whole batch of 8 in 4 dimensions
    expect(inChunks.records[0]!.diagnostics['projectionRank']).toBeGreaterThan(1);
    expect(inChunks.records[0]!.diagnostics['projectionRank']).toBeLessThanOrEqual(4);
  });

  test('a signal ends it after the running step, with a checkpoint', async () => {
    const controller = new AbortController();
    const all: Checkpoint[] = [];
    const result = await pretrain({
      ...smallRun(),
      signal: controller.signal,
      onStep: ({ step }) => (step === 5 ? controller.abort() : undefined),
      onCheckpoint: (checkpoint) => void all.push(checkpoint),
    });
    expect(result).toEqual({ step: 5, finished: false });
    expect(all.map(({ step }) => step)).toEqual([3, 5]);
  });

  test('in chunks: the same seed the same weights bit for bit, and resumed the same, another chunk size others', async () => {
    const inChunks = (): ReturnType<typeof smallRun> => ({ ...smallRun(), epochs: 2, chunkSize: 4 });
    const whole = await run({ ...inChunks(), checkpointEvery: 1 });
    expect((await run(inChunks())).last).toEqual(whole.last);
    for (const at of [1, 4]) {
      const resumed = await run({ ...smallRun(smallMethod(99)), epochs: 2, chunkSize: 4, resumeFrom: whole.all[at - 1]! });
      expect(resumed.last).toEqual(whole.last);
    }
    // batch norm: the chunks' own statistics
    expect((await run({ ...inChunks(), chunkSize: 2 })).last.model).not.toEqual(whole.last.model);
  });

  test('no tensor is left', async () => {
    const options = smallRun();
    await run(options);
    const before = tf.memory().numTensors;
    await pretrain({ ...options, epochs: 1 });
    await pretrain({ ...options, epochs: 1, chunkSize: 4 });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('messages', async () => {
    const refused = async (change: Partial<ReturnType<typeof smallRun>>): Promise<string> =>
      pretrain({ ...smallRun(), ...change }).then(() => 'accepted', (error: Error) => `${error.name}: ${error.message}`);
    expect(await refused({ batchSize: 25 })).toMatchInlineSnapshot(
      `"ArgumentError: pretrain.batchSize: received 25, expected at most 24, the samples of noise/train."`,
    );
    expect(await refused({ chunkSize: 3 })).toMatchInlineSnapshot(`"ArgumentError: pretrain.chunkSize: received 3, expected a divisor of the batch of 8 samples."`);
    expect(await refused({ accumulate: true })).toMatchInlineSnapshot(`"ArgumentError: pretrain.accumulate: received true, expected false without chunkSize. Give chunkSize, the samples of a chunk."`);
    expect(await refused({ chunkSize: 4, accumulate: true })).toMatch(/^StateError: nnclr.loss: compares rows of the batch/);
    expect(await refused({ watchEvery: 1.5 })).toMatchInlineSnapshot(`"ArgumentError: pretrain.watchEvery: received 1.5, expected a whole number of 0 or more."`);
    expect(await refused({ epochs: 0 })).toMatchInlineSnapshot(`"ArgumentError: pretrain.epochs: received 0, expected a whole number above 0."`);
    expect(await refused({ views: { ...smallRun().views, count: 1 } })).toMatchInlineSnapshot(
      `"StateError: pretrain: nnclr takes 2 views, 1 are made. Make one more, for instance by one more augmentation."`,
    );
    const { last } = await run(smallRun());
    expect(await refused({ epochs: 2, resumeFrom: last })).toMatchInlineSnapshot(
      `"ArgumentError: pretrain.resumeFrom: received 18, expected a checkpoint of at most 6 steps, all of this run. Raise epochs."`,
    );
    expect(await refused({ resumeFrom: { ...last, model: {} } })).toMatch(/^StateError: checkpoint.model: the state lacks encoder.conv1.weight/);
  });
});

describe('going on with other settings', () => {
  const planned = smallRun().schedule;

  test('more epochs: a finished run goes on to the very bytes of one that had the extended schedule from the start', async () => {
    const schedule = extendSchedule({ schedule: planned, from: 18, totalSteps: 24, peak: 0.05, warmupSteps: 1 });
    const finished = await run(smallRun());
    expect(finished.last.step).toBe(18);
    const longer = await run({ ...smallRun(smallMethod(99)), epochs: 8, schedule, resumeFrom: finished.last });
    const whole = await run({ ...smallRun(), epochs: 8, schedule });
    expect(longer.last).toEqual(whole.last);
    expect(longer.records.map(({ step, epoch }) => [step, epoch])).toEqual([[19, 6], [20, 6], [21, 6], [22, 7], [23, 7], [24, 7]]);
    expect(longer.last.model).not.toEqual(finished.last.model);
  });

  test('another rate: from a checkpoint in the middle, likewise', async () => {
    const schedule = extendSchedule({ schedule: planned, from: 7, totalSteps: 18, peak: 0.01 });
    const { all } = await run({ ...smallRun(), checkpointEvery: 7 });
    const slower = await run({ ...smallRun(smallMethod(99)), schedule, resumeFrom: all[0]! });
    expect(slower.last).toEqual((await run({ ...smallRun(), schedule })).last);
    expect(slower.records[0]).toMatchObject({ step: 8, learningRate: 0.01 });
  });

  test('gradients clipped, weights averaged: resumed bit for bit, averages included', async () => {
    const chained = (method = smallMethod()) => {
      const parameters = flattenParameters(method.parameters());
      const average = averageWeights({ variables: { ...parameters, ...flattenParameters(method.buffers()) }, decay: 0.9 });
      return { ...smallRun(method), epochs: 2, optimizer: chain(clipByGlobalNorm({ maximum: 0.1 }), average, smallOptimizer(method)), average };
    };
    const whole = chained();
    const { all, last } = await run({ ...whole, checkpointEvery: 2 });
    expect(last.model).not.toEqual((await run({ ...smallRun(), epochs: 2 })).last.model);
    const resumed = chained(smallMethod(99));
    expect((await run({ ...resumed, resumeFrom: all[0]! })).last).toEqual(last);
    expect(resumed.average.averages()).toEqual(whole.average.averages());
    expect(Object.keys(whole.average.averages())).toContain('encoder.bn1.running_mean');
  });
});
