import { imageViews, viewPipeline } from '@kindred/augmentations';
import type { ImageDataset } from '@kindred/core';
import { inMemoryDataset, subset } from '@kindred/datasets';
import { fill, getBackend, memory, reshape, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type EpochRecord, linearProbeSgd, type ProbeProtocol, probeProtocols } from '../src/index.js';
import golden from './golden/trained-classifiers.json' with { type: 'json' };
import { leavingNoTensors, onBackends } from './support/backends.js';
import { asTheyAre, flattening, patterns } from './support/images.js';

const protocol: ProbeProtocol = { ...probeProtocols.simclrCifar, batchSize: 16, learningRate: 30, epochs: 6 };
const [train, other] = [patterns(1, 60), patterns(2, 45)];
const usual = { encoder: flattening(6), train, test: other, protocol, views: asTheyAre(train), heldOut: 0.2, seed: 3 };

const ofGolden = ({ images, labels }: typeof golden.train): typeof train =>
  inMemoryDataset({ name: 'golden', images: Uint8Array.from(images), labels: Int32Array.from(labels), imageShape: [1, 5, 1] });

/** The protocol of a golden case. */
function protocolOf(from: (typeof golden.probes)[number]): ProbeProtocol {
  const { epochs, learningRate, nesterov, weightDecay } = from;
  const schedule = 'decayEpochs' in from ? ({ name: 'steps', epochs: from.decayEpochs!, factor: from.factor! } as const) : ({ name: 'cosine', every: 'epoch' } as const);
  return { ...protocol, batchSize: 1000, epochs, learningRate, schedule, nesterov, weightDecay };
}

onBackends('linearProbeSgd', () => {
  test.each(golden.probes.map((from) => [from.schedule, from.nesterov, from.weightDecay, from] as const))(
    'with schedule %s, nesterov %s, decay %s loses and predicts what PyTorch does',
    async (_, __, ___, from) => {
      const [images, test] = [ofGolden(golden.train), ofGolden(golden.test)];
      const options = { encoder: flattening(5), train: images, test, views: asTheyAre(images), heldOut: 0, seed: 1 };
      const result = await leavingNoTensors(() => linearProbeSgd({ ...options, protocol: protocolOf(from) }));
      // float32: the worst was 1e-6
      result.epochs.forEach(({ loss }, i) => expect(loss, `epoch ${i + 1}`).toBeCloseTo(from.losses[i]!, 5));
      expect([...result.last.predictions]).toEqual(from.predictions);
      expect(result.last.accuracy).toBeCloseTo(from.accuracy, 12);
      expect(result.best).toBeUndefined();
      expect(result.labels).toBe(24);
    },
  );

  test('learns what can be learned, and the first epoch starts at log 3: the layer is zero', async () => {
    const { last, best, epochs } = await leavingNoTensors(() => linearProbeSgd(usual));
    expect(last.accuracy).toBeGreaterThan(0.8); // chance is 1/3
    expect(best!.accuracy).toBeGreaterThan(0.8);
    const [first] = (await linearProbeSgd({ ...usual, protocol: { ...protocol, batchSize: 100, epochs: 1 } })).epochs;
    expect(first!.loss).toBeCloseTo(Math.log(3), 5);
    expect(epochs).toHaveLength(6);
  });
});

describe('epochs', () => {
  test('the best is the first of those most accurate on images set aside, and is judged with its own weights', async () => {
    // rates that only fall with the epoch: the first five epochs are the same however many follow
    const falling = { ...protocol, learningRate: 300, schedule: { name: 'steps', epochs: [], factor: 1 }, epochs: 5 } as const;
    const seen: EpochRecord[] = [];
    const { best, last, epochs } = await linearProbeSgd({ ...usual, protocol: falling, onEpoch: (record) => seen.push(record) });
    expect(seen).toEqual(epochs);
    const most = Math.max(...epochs.map(({ heldOutAccuracy }) => heldOutAccuracy!));
    expect(best!.epoch).toBe(epochs.find(({ heldOutAccuracy }) => heldOutAccuracy === most)!.epoch);
    expect(best!.heldOutAccuracy).toBe(most);
    expect(best!.epoch).toBeLessThan(5);
    expect(last).toMatchObject({ epoch: 5, heldOutAccuracy: epochs[4]!.heldOutAccuracy });
    const stopped = await linearProbeSgd({ ...usual, protocol: { ...falling, epochs: best!.epoch } });
    expect(stopped.last.predictions).toEqual(best!.predictions);
    expect(best!.predictions).not.toEqual(last.predictions);
  });

  test('test images take no part in the choice: other labels on them choose the same epoch', async () => {
    const turned = { ...other, labels: other.labels!.map((label) => (label + 1) % 3) };
    const [one, two] = [await linearProbeSgd(usual), await linearProbeSgd({ ...usual, test: turned })];
    expect(two.best!.epoch).toBe(one.best!.epoch);
    expect(two.epochs).toEqual(one.epochs);
    expect(two.best!.accuracy).not.toBe(one.best!.accuracy);
  });

  test('the same seed gives the same numbers, another one others', async () => {
    const run = async (seed: number): Promise<readonly EpochRecord[]> => (await linearProbeSgd({ ...usual, seed })).epochs;
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });

  test('the rate is for 256 images a step, and for all of them where there are fewer than a batch', async () => {
    const rates = async (batchSize: number): Promise<number[]> =>
      (await linearProbeSgd({ ...usual, protocol: { ...protocol, batchSize, epochs: 3, schedule: { name: 'steps', epochs: [2], factor: 0.1 } } })).epochs.map(({ learningRate }) => learningRate);
    expect(await rates(16)).toEqual([(30 * 16) / 256, (30 * 16) / 256, expect.closeTo((3 * 16) / 256, 9)]);
    expect((await rates(4096))[0]).toBe((30 * 48) / 256); // 60 less a fifth
  });

  test('a cosine falls step by step or epoch by epoch', async () => {
    const rates = async (every: 'step' | 'epoch'): Promise<number[]> =>
      (await linearProbeSgd({ ...usual, heldOut: 0, protocol: { ...protocol, batchSize: 20, epochs: 3, schedule: { name: 'cosine', every } } })).epochs.map(({ learningRate }) => learningRate);
    const peak = (30 * 20) / 256;
    const expected = [1, 0.75, 0.25].map((share) => expect.closeTo(peak * share, 9));
    // the first step of an epoch is at the same place of both curves
    expect(await rates('epoch')).toEqual(expected);
    expect(await rates('step')).toEqual(expected);
    const losses = async (every: 'step' | 'epoch', batchSize: number): Promise<number[]> =>
      (await linearProbeSgd({ ...usual, heldOut: 0, protocol: { ...protocol, batchSize, epochs: 2, schedule: { name: 'cosine', every } } })).epochs.map(({ loss }) => loss);
    expect(await losses('step', 60)).toEqual(await losses('epoch', 60));
    expect(await losses('step', 20)).not.toEqual(await losses('epoch', 20));
  });

  test('each has an order of its own', async () => {
    const orders: string[] = [];
    const watched = { ...train, read: (rows: Int32Array) => (orders.push(rows.join()), train.read(rows)) };
    await linearProbeSgd({ ...usual, train: watched, heldOut: 0, protocol: { ...protocol, batchSize: 60, epochs: 2 } });
    expect(new Set(orders).size).toBe(2);
  });
});

describe('several learning rates', () => {
  // no decay: the first epochs are the same however many follow
  const several: ProbeProtocol = { ...protocol, learningRate: [0.1, 10], epochs: 5, schedule: { name: 'steps', epochs: [], factor: 1 } };
  const alone = (learningRate: number): ReturnType<typeof linearProbeSgd> => linearProbeSgd({ ...usual, protocol: { ...several, learningRate } });

  test('are as many probes at once, of which last and best are those that do best on images set aside', async () => {
    const singles = await Promise.all([0.1, 10].map(alone));
    const { last, best, epochs } = await leavingNoTensors(() => linearProbeSgd({ ...usual, protocol: several }));
    const held = singles.map((single) => single.epochs.map(({ heldOutAccuracy }) => heldOutAccuracy!));
    expect(epochs.map(({ heldOutAccuracy }) => heldOutAccuracy)).toEqual([0, 1, 2, 3, 4].map((epoch) => Math.max(...held.map((list) => list[epoch]!))));
    const leading = held.map((list) => list[4]!).indexOf(epochs[4]!.heldOutAccuracy!);
    expect(last).toEqual(singles[leading]!.last);
    expect(last.learningRate).toBe([0.1, 10][leading]);
    const most = Math.max(...held.flat());
    const epoch = epochs.findIndex(({ heldOutAccuracy }) => heldOutAccuracy === most);
    const winner = held.findIndex((list) => list[epoch] === most);
    expect(best).toMatchObject({ epoch: epoch + 1, learningRate: [0.1, 10][winner], heldOutAccuracy: most });
    const stopped = await linearProbeSgd({ ...usual, protocol: { ...several, learningRate: [0.1, 10][winner]!, epochs: epoch + 1 } });
    expect(best!.predictions).toEqual(stopped.last.predictions);
    expect([winner, epoch]).not.toContain(0); // else layers and epochs could be mixed up
    expect(epoch).toBeLessThan(4);
  });

  test('one that no layer survives does not stop the others; all of them do', async () => {
    const { last } = await linearProbeSgd({ ...usual, protocol: { ...several, learningRate: [3e39, 30] } });
    expect(last.learningRate).toBe(30);
    const step = getBackend() === 'webgl' ? 3 : 2; // on webgl NaN comes a step later
    await expect(linearProbeSgd({ ...usual, protocol: { ...several, learningRate: 3e39 } })).rejects.toThrow(`the loss of step ${step} (epoch 1) is NaN. Lower the learning rate`);
  });

  test('need images set aside', async () => {
    await expect(linearProbeSgd({ ...usual, heldOut: 0, protocol: several })).rejects.toThrowErrorMatchingInlineSnapshot(`[ArgumentError: linearProbeSgd.heldOut: received 0, expected a share above 0, as one of several learning rates is to be chosen.]`);
    await expect(linearProbeSgd({ ...usual, protocol: { ...several, learningRate: [] } })).rejects.toThrowErrorMatchingInlineSnapshot(`[ArgumentError: linearProbeSgd.protocol.learningRate: received [], expected a number above 0, or several.]`);
  });
});

describe('labels', () => {
  test('may have any numbers', async () => {
    const rename = (of: typeof train): typeof train => ({ ...of, labels: of.labels!.map((label) => 1_999_999_990 + 4 * label) });
    const all = { ...usual, heldOut: 0 }; // the draw of those held out goes by the class's number
    const [plain, large] = [await linearProbeSgd(all), await leavingNoTensors(() => linearProbeSgd({ ...all, train: rename(train), test: rename(other) }))];
    expect([...large.last.predictions]).toEqual([...plain.last.predictions].map((label) => 1_999_999_990 + 4 * label));
    expect(large.epochs).toEqual(plain.epochs);
    expect(large.last.accuracy).toBe(plain.last.accuracy);
    const { best } = await linearProbeSgd({ ...usual, train: rename(train), test: rename(other) });
    expect(best!.accuracy).toBeGreaterThan(0.8); // chance is 1/3
  });

  test('one of each class: none is held out, and of several rates the lowest counts', async () => {
    const single = subset(train, [0, 1, 2]);
    const given = { ...usual, train: single, protocol: { ...protocol, batchSize: 3, learningRate: [30, 3, 300], epochs: 2 } };
    const { best, last, heldOut, labels } = await leavingNoTensors(() => linearProbeSgd(given));
    expect([best, heldOut, labels, last.learningRate]).toEqual([undefined, 0, 3, 3]);
    expect(last).toEqual((await linearProbeSgd({ ...given, heldOut: 0, protocol: { ...given.protocol, learningRate: 3 } })).last);
    expect((await linearProbeSgd(usual)).heldOut).toBe(12);
  });
});

describe('the encoder', () => {
  test('runs in evaluation mode only', async () => {
    const modes: string[] = [];
    await linearProbeSgd({ ...usual, encoder: flattening(6, modes) });
    expect(new Set(modes)).toEqual(new Set(['eval']));
  });

  test('sees new views each epoch, and no view where nothing is trained', async () => {
    const batches: number[][] = [];
    const encoder = {
      dimension: 6,
      apply(images: Tensor4D) {
        batches.push([...images.dataSync()]);
        return reshape(images, [-1, 6]) as Tensor2D;
      },
    };
    const views = imageViews([viewPipeline({ flip: { probability: 0.5 } }, { output: [1, 6], channels: 1 })]);
    const single = inMemoryDataset({ name: 'single', images: Uint8Array.of(1, 2, 3, 4, 5, 6, 9, 8, 7, 6, 5, 3), labels: Int32Array.of(0, 1), imageShape: [1, 6, 1] });
    await linearProbeSgd({ ...usual, encoder, train: single, test: single, views, heldOut: 0, protocol: { ...protocol, epochs: 8 } });
    expect(batches).toHaveLength(9);
    const training = batches.slice(0, 8).map((values) => values.join());
    expect(new Set(training).size).toBeGreaterThan(2);
    expect(batches[8]!.map((value) => Math.round(value * 255))).toEqual([1, 2, 3, 4, 5, 6, 9, 8, 7, 6, 5, 3]);
  });
});

describe('refuses', () => {
  const message = async (changed: Partial<Parameters<typeof linearProbeSgd>[0]>): Promise<string> => {
    const count = memory().numTensors;
    const error = await linearProbeSgd({ ...usual, ...changed }).then(() => undefined, (reason: Error) => reason);
    expect(memory().numTensors).toBe(count);
    return `${error?.name}: ${error?.message}`;
  };
  const { name, size, channels, imageShape, fingerprint, read } = train;
  const unlabelled = { name, size, channels, imageShape, fingerprint, read } as ImageDataset;

  test('labels that are missing, unknown, of one class or beyond the classes', async () => {
    expect(await message({ train: unlabelled })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.train.labels: received undefined, expected the class of every row. Its dataset has no labels."`);
    expect(await message({ test: unlabelled })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.test.labels: received undefined, expected the class of every row. Its dataset has no labels."`);
    expect(await message({ test: { ...other, labels: other.labels!.map((label, i) => (i === 4 ? -1 : label)) } })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.test.labels: received -1, expected the class of every row; 1 of 45 have none. Leave those rows out with selectFeatures."`);
    expect(await message({ train: { ...train, labels: new Int32Array(60).fill(2) } })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.train.labels: received 2, expected two classes or more; all rows are of this one. The first part of a dataset often holds one class: take a mixed one."`);
    expect(await message({ classes: 2 })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.train.labels: received 2, expected classes of 0..1. Raise classes, the number of classes of the dataset."`);
  });

  test('an empty dataset, images of two shapes, shares and protocols out of range', async () => {
    expect(await message({ test: { ...other, size: 0 } })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.test.size: received 0, expected one sample or more. patterns-2 is empty."`);
    expect(await message({ test: patterns(2, 9, { pixels: 5 }) })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.test.imageShape: received [1,5,1], expected that of train, [1, 6, 1]. Pass toInput, which brings all images to the size that the encoder expects."`);
    expect(await message({ heldOut: 1 })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.heldOut: received 1, expected a share of 0 or more and below 1."`);
    expect(await message({ protocol: { ...protocol, epochs: 0 } })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.protocol.epochs: received 0, expected a whole number above 0."`);
    expect(await message({ protocol: { ...protocol, learningRate: 0 } })).toMatchInlineSnapshot(`"ArgumentError: linearProbeSgd.protocol.learningRate: received 0, expected a number above 0, or several."`);
  });

  test('features that are not numbers', async () => {
    const broken = { dimension: 6, apply: () => fill([16, 6], NaN) as Tensor2D };
    expect(await message({ encoder: broken, heldOut: 0 })).toMatchInlineSnapshot(`"DivergenceError: linearProbeSgd: the loss of step 1 (epoch 1) is NaN. Lower the learning rate: it must fit the scale of the encoder's features."`);
  });

  test('stops at a step once told to', async () => {
    const control = new AbortController();
    const onProgress = (done: number): void => (done === 2 ? control.abort(new Error('enough')) : undefined);
    expect(await message({ onProgress, signal: control.signal })).toBe('Error: enough');
  });
});

test('every protocol has a source, trains for a while, and looks at crops and flips', () => {
  for (const row of Object.values(probeProtocols)) {
    expect(row.source).not.toBe('');
    expect(row.epochs).toBeGreaterThanOrEqual(row === probeProtocols.small ? 10 : 80);
    expect(Object.keys(row.view)).toEqual(['crop', 'flip']);
  }
});
