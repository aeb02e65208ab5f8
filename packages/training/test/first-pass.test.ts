/** The pass before the first step, and runs of the methods that cluster. */
import { projectionHead, smallResNet } from '@kindred/backbones';
import { random } from '@kindred/core';
import { deepClusterV2, type Method, supervised, swav } from '@kindred/methods';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, pretrain, takeCheckpoint } from '../src/index.js';
import { smallOptimizer, smallRun } from './support.js';

const networks = (output = 4) => {
  const stream = random(1);
  return {
    encoder: smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4, 8], blocks: [1, 1], channels: 1, random: stream }),
    projector: projectionHead({ input: 8, layers: [8, output], batchNorm: 'hidden', random: stream.fork('p') }),
  };
};
const deepCluster = (): Method =>
  deepClusterV2({ ...networks(), samples: 24, clusters: [4, 3], iterations: 3, everySteps: 3, temperature: 0.1, random: random(2) });
const queued = (): Method => {
  const sets = [1, 2].map(() => supportSet({ capacity: 16, dimension: 4 }));
  return swav({ ...networks(), count: 5, epsilon: 0.05, iterations: 3, freezeSteps: 2, queue: { sets, fromStep: 1 }, temperature: 0.1, random: random(2) });
};
const classified = (): Method => {
  const { encoder, projector: classifier } = networks(3);
  return supervised({ encoder, classifier, classes: 3 });
};

const runOf = (method: Method) => ({ ...smallRun(), method, optimizer: smallOptimizer(method), epochs: 3 });
const copyOf = (method: Method, steps: number) => takeCheckpoint(steps, method, { step: () => undefined, state: () => ({}), check: () => () => undefined, dispose: () => undefined });

describe.each([['DeepCluster v2', deepCluster], ['SwAV with a queue', queued], ['supervised', classified]])('%s in the loop', (_, make) => {
  test('a run that is stopped and resumed ends in the same values as one that was not, and every loss is a number', async () => {
    const whole = make();
    const losses: number[] = [];
    await pretrain({ ...runOf(whole), onStep: ({ loss }) => void losses.push(loss) });
    expect(losses.length).toBe(9);
    expect(losses.every(Number.isFinite)).toBe(true);
    const checkpoints: Checkpoint[] = [];
    await pretrain({ ...runOf(make()), checkpointEvery: 4, onCheckpoint: (one) => void checkpoints.push(structuredClone(one)) });
    for (const resumeFrom of checkpoints.slice(0, 2)) {
      const resumed = make();
      await pretrain({ ...runOf(resumed), resumeFrom });
      expect(copyOf(resumed, 9)).toEqual(copyOf(whole, 9));
    }
  });

  test('a run leaves no tensor behind', async () => {
    const method = make();
    const run = runOf(method);
    await pretrain({ ...run, epochs: 1 });
    const before = tf.memory().numTensors;
    await pretrain({ ...run, epochs: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the pass before the first step', () => {
  /** A method that notes what it is shown. */
  const noting = (inner = deepCluster()) => {
    const seen: number[][] = [];
    let finished = 0;
    const method: Method = {
      ...inner,
      firstPass() {
        const preparation = inner.firstPass!();
        return (
          preparation && {
            observe(outputs) {
              seen.push([...outputs.sampleIds]);
              preparation.observe(outputs);
            },
            finish() {
              finished++;
              preparation.finish();
            },
          }
        );
      },
    };
    return { method, seen, finished: () => finished };
  };

  test('shows each image of the first epoch once, changes no weight, and is not made again', async () => {
    const { method, seen, finished } = noting();
    const weights = copyOf(method, 0).model;
    const steps: unknown[] = [];
    const stop = new AbortController();
    await pretrain({
      ...runOf(method),
      schedule: () => 0, // so that the first step changes no weight either
      signal: stop.signal,
      onStep: (record) => {
        steps.push(record);
        stop.abort();
      },
    });
    expect(seen.map((ids) => ids.length)).toEqual([8, 8, 8]);
    expect(seen.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect([finished(), steps.length]).toEqual([1, 1]);
    const after = copyOf(method, 0).model;
    for (const name of Object.keys(weights).filter((key) => !/running|num_batches|moving/.test(key))) expect([name, after[name]]).toEqual([name, weights[name]]);
    await pretrain({ ...runOf(method), epochs: 1 });
    expect(finished()).toBe(1);
  });

  test('runs in chunks where the steps do', async () => {
    const { method, seen } = noting();
    await pretrain({ ...runOf(method), epochs: 1, chunkSize: 4 });
    expect(seen.map((ids) => ids.length)).toEqual([4, 4, 4, 4, 4, 4]);
  });

  test('in chunks the moving statistics move once a batch, to the mean over the chunks', async () => {
    const statistics = async (chunkSize?: number): Promise<Record<string, number[]>> => {
      const inner = deepCluster();
      const stop = new AbortController();
      let after: Record<string, number[]> = {};
      const method: Method = {
        ...inner,
        firstPass() {
          const { observe, finish } = inner.firstPass!()!;
          return {
            observe,
            finish() {
              after = Object.fromEntries(Object.entries(copyOf(inner, 0).model).map(([name, { values }]) => [name, Array.from(values)]));
              finish();
              stop.abort();
            },
          };
        },
      };
      await pretrain({ ...runOf(method), signal: stop.signal, ...(chunkSize !== undefined && { chunkSize }) });
      return after;
    };
    const [whole, chunked] = [await statistics(), await statistics(4)];
    const means = Object.keys(whole).filter((name) => name.endsWith('running_mean'));
    expect(means.length).toBeGreaterThan(2);
    // the first layer's batch means are the same whatever the chunks; one movement after the other would go twice as far
    const stem = means.find((name) => name.includes('bn1'))!;
    chunked[stem]!.forEach((x, i) => expect(x).toBeCloseTo(whole[stem]![i]!, 5));
  });

  test('ended by its signal leaves the method unprepared, and no step is made', async () => {
    const { method, finished } = noting();
    const result = await pretrain({ ...runOf(method), signal: AbortSignal.abort() });
    expect([result, finished()]).toEqual([{ step: 0, finished: false }, 0]);
  });
});
