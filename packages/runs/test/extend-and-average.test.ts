import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors } from '@kindred/core';
import { readCheckpoint, readMetrics, readStepLog } from '@kindred/training/node';
import { networkState } from '@kindred/backbones';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildRun, checkSettings, loadRun, type MonitorLine, pretrainRun, PretrainSettings, resumeRun } from '../src/index.js';
import type { Leg } from '../src/settings/legs.js';
import { rampOver } from '../src/settings/method-settings.js';
import { buildSchedule, decayOver, LearningRateSettings } from '../src/settings/optimizer-settings.js';
import { settingsOn, stripedImages } from './support.js';
import { openDataset } from '@kindred/datasets/node';

let images: string;
let root: string;
beforeAll(async () => {
  images = await stripedImages();
  root = mkdtempSync(join(tmpdir(), 'kindred-extend-'));
});
afterAll(() => [images, root].forEach((folder) => rmSync(folder, { recursive: true })));

/** Two epochs of six steps. */
const settings = (changed: Record<string, unknown> = {}): PretrainSettings => checkSettings('test', PretrainSettings, { ...settingsOn(images), monitor: undefined, epochs: 2, ...changed });
const rates = async (path: string): Promise<number[]> => (await readMetrics(path)).map(({ learningRate }) => learningRate);

async function stopped(name: string, at: number): Promise<string> {
  const controller = new AbortController();
  const { path } = await pretrainRun(settings({ name }), { root, signal: controller.signal, onStep: ({ step }) => step === at && controller.abort() });
  return path;
}

describe('a run that is extended on its way', () => {
  test('comes down from the rate that it has, without a jump', async () => {
    const path = await stopped('middle', 9);
    await resumeRun(path, { extend: { epochs: 1 } });
    const planned = (step: number): number => (1 + Math.cos((Math.PI * (step - 6)) / 6)) / 2; // six steps of warm-up, six down
    const after = (step: number): number => (planned(9) * (1 + Math.cos((Math.PI * (step - 9)) / 9))) / 2;
    const expected = Array.from({ length: 18 }, (_, step) => (step < 6 ? step / 6 : step < 9 ? planned(step) : after(step)));
    (await rates(path)).forEach((rate, step) => expect(rate).toBeCloseTo(expected[step]!, 6));
  });

  test('stopped once more goes on as if it had not been', async () => {
    const [one, two] = [await stopped('once', 7), await stopped('twice', 7)];
    await resumeRun(one, { extend: { epochs: 1 } });
    const controller = new AbortController();
    await resumeRun(two, { extend: { epochs: 1 }, signal: controller.signal, onStep: ({ step }) => step === 10 && controller.abort() });
    await resumeRun(two);
    const bytes = (path: string): Buffer => readFileSync(join(path, 'checkpoints', 'step-18', 'model.safetensors'));
    expect(existsSync(join(one, 'checkpoints', 'step-18'))).toBe(true);
    expect(Buffer.compare(bytes(one), bytes(two))).toBe(0);
  });

  test('that was finished needs a rate to go on with', async () => {
    const { path } = await pretrainRun(settings({ name: 'finished' }), { root });
    await expect(resumeRun(path, { extend: { epochs: 1 } })).rejects.toThrow('the run is finished and its rate has come down. Say --rate');
    await resumeRun(path, { extend: { epochs: 1, peak: 0.3 } });
    const all = await rates(path);
    expect(all).toHaveLength(18);
    expect(all[12]).toBeCloseTo(0.3, 6);
    expect(all[15]).toBeCloseTo(0.15, 6);
  });

  test('has a momentum encoder and a weight decay that go on from where they were', () => {
    const legs: Leg[] = [{ from: 0, until: 10, warmupSteps: 0 }, { from: 5, until: 15, warmupSteps: 0 }, { from: 15, until: 25, warmupSteps: 0 }];
    // 0.8 → 0.9 in the middle, from there to 1 in ten steps; at its end it begins anew
    expect([0, 5, 10, 14.999, 15, 20, 25].map(rampOver(legs, 0.8))).toEqual([0.8, 0.9, 0.95, 1, 0.8, 0.9, 1].map((value) => expect.closeTo(value, 5) as number));
    expect([0, 5, 10, 15, 20].map(decayOver(legs, { start: 0.4, end: 0 }))).toEqual([0.4, 0.2, 0.1, 0, 0].map((value) => expect.closeTo(value, 5) as number));
  });

  test('and a schedule that ends inclusively is that of lightly', () => {
    const rate = checkSettings('rate', LearningRateSettings, { base: 0.3, scale: 'none', warmupEpochs: 1, final: 0.001, inclusive: true });
    const schedule = buildSchedule(rate, { batchSize: 8, stepsPerEpoch: 5, legs: [{ from: 0, until: 20, warmupSteps: 0 }] });
    expect([0, 4, 5, 6, 19].map(schedule)).toEqual([0.06, 0.3, 0.3, 0.296251, 0.001].map((value) => expect.closeTo(value, 5) as number));
  });
});

describe('averageWeights', () => {
  test('what a run leaves is the average of its weights over the steps, in float64', async () => {
    const decay = 0.75;
    const { path } = await pretrainRun(settings({ name: 'averaged', averageWeights: { decay }, checkpointEvery: 1, epochs: 1 }), { root });
    const plain = await pretrainRun(settings({ name: 'plain', checkpointEvery: 1, epochs: 1 }), { root });
    const dataset = await openDataset(settings().data, 'train');
    const fresh = buildRun(settings(), dataset);
    const name = 'conv1.weight';
    let average = Array.from(networkState(fresh.method.encoder)[name]!.values);
    fresh.dispose();
    const steps = await Promise.all([1, 2, 3, 4, 5, 6].map((step) => readCheckpoint(join(path, 'checkpoints', `step-${step}`)).catch(() => undefined)));
    const kept = steps.filter((each) => each !== undefined);
    expect(kept.length).toBeGreaterThan(0); // only the newest are kept: the average of the last follows from the one before
    const [before, last] = kept.slice(-2).map((each) => each);
    average = Array.from(before!.state[`optimizer.averageWeights.average.${name}`]!.values).map((value, i) => decay * value + (1 - decay) * last!.model[`encoder.${name}`]!.values[i]!);
    const { encoder } = await loadRun(path, dataset);
    Array.from(networkState(encoder)[name]!.values).forEach((value, i) => expect(value).toBeCloseTo(average[i]!, 6));
    // the weights themselves are trained as without it
    const without = await readCheckpoint(join(plain.path, 'checkpoints', 'step-6'));
    expect(last!.model[`encoder.${name}`]).toEqual(without.model[`encoder.${name}`]);
    const written = decodeSafetensors(readFileSync(join(path, 'encoder.safetensors'))).tensors;
    const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b * b, 0);
    expect(sum(written[name]!.values)).toBeCloseTo(sum(average), 5); // torchvision's layout has the same numbers in another order
  });

  test('is measured while training, kept as the best, and resumed exactly', async () => {
    const of = (name: string): PretrainSettings => settings({ name, averageWeights: { decay: 0.5 }, monitor: { everyEpochs: 1, images: 40, k: 5 } });
    const told: MonitorLine[] = [];
    const { path: whole } = await pretrainRun(of('avg-whole'), { root, onMeasured: (line) => void told.push(line) });
    expect(told).toEqual(await readStepLog(join(whole, 'monitor.jsonl')));
    expect(told.map(({ step }) => step)).toEqual([0, 6, 12]);
    const controller = new AbortController();
    const { path } = await pretrainRun(of('avg-parts'), { root, signal: controller.signal, onStep: ({ step }) => step === 7 && controller.abort() });
    await resumeRun(path);
    for (const file of ['encoder.safetensors', 'monitor.jsonl', 'checkpoints/step-12/state.safetensors']) {
      const [one, two] = [whole, path].map((run) => readFileSync(join(run, file)).toString('latin1').replaceAll(/avg-(whole|parts)/g, ''));
      expect(one === two, file).toBe(true);
    }
  });
});
