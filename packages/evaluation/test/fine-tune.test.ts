import { type Dataset, type Encoder, flattenParameters, type Mode, type NamedTensors, random } from '@kindred/core';
import { disposeNetwork, networkState, restoreNetwork } from '@kindred/backbones';
import { inMemoryDataset, labelledFraction } from '@kindred/datasets';
import { memory, mul, scalar, sqrt, square, type Tensor2D, tensor1d, tensor2d, tidy, variable } from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { fineTune, type FineTuneProtocol, fineTuneProtocols, linearProbeSgd } from '../src/index.js';
import golden from './golden/trained-classifiers.json' with { type: 'json' };
import { leavingNoTensors, onBackends } from './support/backends.js';
import { asTheyAre, patterns, smallEncoder } from './support/images.js';

const protocol: FineTuneProtocol = { ...fineTuneProtocols.simclrTenPercent, batchSize: 16, learningRate: 20, encoderLearningRate: 2, epochs: 6 };
const [train, other] = [patterns(1, 90), patterns(2, 45)];
const encoder = smallEncoder(6);
afterAll(() => disposeNetwork(encoder));
const usual = { encoder, train, test: other, labels: 0.5, protocol, views: asTheyAre(train), heldOut: 0.2, seed: 3 } as const;

const ofGolden = ({ images, labels }: typeof golden.train): typeof train =>
  inMemoryDataset({ name: 'golden', images: Uint8Array.from(images), labels: Int32Array.from(labels), imageShape: [1, 5, 1] });

/** The encoder of the golden file. */
function goldenEncoder(): Encoder {
  const made = smallEncoder(5);
  const state: NamedTensors = Object.fromEntries(
    Object.entries(networkState(made)).map(([name, { shape }]) => [name, { shape, values: Float32Array.from(golden.encoder[name as keyof typeof golden.encoder]) }]),
  );
  restoreNetwork('golden', made, state);
  return made;
}

onBackends('fineTune', () => {
  test.each(golden.fineTuned.map((from) => [from.batchNorm, from.schedule, from] as const))(
    'with batch norm in %s and schedule %s loses and predicts what PyTorch does',
    async (batchNorm, _, from) => {
      const { epochs, learningRate, encoderLearningRate, nesterov, weightDecay } = from;
      const schedule = 'decayEpochs' in from ? ({ name: 'steps', epochs: from.decayEpochs!, factor: from.factor! } as const) : ({ name: 'cosine', every: 'epoch' } as const);
      const [images, test] = [ofGolden(golden.train), ofGolden(golden.test)];
      const trained = goldenEncoder();
      const result = await leavingNoTensors(() =>
        fineTune({
          encoder: trained, train: images, test, labels: 1, views: asTheyAre(images), heldOut: 0, seed: 1,
          protocol: { ...protocol, batchSize: 1000, epochs, learningRate, encoderLearningRate, schedule, nesterov, weightDecay, batchNorm: batchNorm as Mode },
        }),
      );
      // float32: the worst was 4e-6
      result.epochs.forEach(({ loss }, i) => expect(loss, `epoch ${i + 1}`).toBeCloseTo(from.losses[i]!, 4));
      expect([...result.last.predictions]).toEqual(from.predictions);
      expect(result.last.accuracy).toBeCloseTo(from.accuracy, 12);
      disposeNetwork(trained);
    },
  );
});

describe('other inputs than images', () => {
  // rows of a table, and an encoder with nothing but a weight for each of their numbers
  const table = (seed: number, count: number): Dataset<number[][]> => {
    const draws = random(seed);
    const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
    const values = Array.from(labels, (label) => [2 * label - 1 + 0.3 * draws.normal(), draws.normal()]);
    return { name: 'table', size: count, labels, fingerprint: String(seed), read: async (indices) => Array.from(indices, (index) => values[index]!) };
  };
  const weight = variable(tensor1d([0.1, 1]));
  afterAll(() => weight.dispose());
  const weighted = (squared: boolean): Parameters<typeof fineTune<number[][], Tensor2D>>[0]['encoder'] => ({
    dimension: 2,
    apply: (input) => tidy(() => (squared ? sqrt(square(mul(input, weight))) : mul(input, weight)) as Tensor2D),
    parameters: () => ({ weight }),
    buffers: () => ({}),
  });
  const toInput = (batch: number[][]): Tensor2D => tensor2d(batch);
  const given = {
    train: table(1, 40), test: table(2, 40), views: { count: 1, make: (batch: number[][]) => [toInput(batch)] }, toInput,
    protocol: { ...protocol, batchSize: 8, learningRate: 30, encoderLearningRate: 1, batchNorm: 'eval' as const }, heldOut: 0.2, seed: 1,
  };

  test('are trained on by their own views, frozen and not', async () => {
    const tuned = await leavingNoTensors(() => fineTune({ ...given, encoder: weighted(false), labels: 1 }));
    const probed = await leavingNoTensors(() => linearProbeSgd({ ...given, encoder: weighted(false) }));
    for (const { last } of [tuned, probed]) expect(last.accuracy).toBeGreaterThan(0.9);
    expect([...weight.dataSync()].map((value) => Math.round(10 * value))).toEqual([1, 10]);
  });

  // WebGL divides 0 by 0 as it likes
  test.skipIf('document' in globalThis)('a gradient that is not a number ends the training before any weight changes, although the loss is finite', async () => {
    const zeros = { ...given.train, read: async (indices: Int32Array) => Array.from(indices, () => [0, 0]) };
    await expect(leavingNoTensors(() => fineTune({ ...given, train: zeros, encoder: weighted(true), labels: 1 }))).rejects.toThrow(
      'is not a number. An operation of the encoder has no slope there: the square root of 0, say.',
    );
    expect([...weight.dataSync()].every(Number.isFinite)).toBe(true);
  });

  test('two views of a sample are refused', async () => {
    const twice = { count: 2, make: (batch: number[][]) => [toInput(batch), toInput(batch)] };
    await expect(leavingNoTensors(() => fineTune({ ...given, views: twice, encoder: weighted(false), labels: 1 }))).rejects.toThrowErrorMatchingInlineSnapshot(`[ArgumentError: fineTune.views.count: received 2, expected 1, one view of each sample.]`);
  });
});

describe('labels', () => {
  test('may have any numbers', async () => {
    const rename = (of: typeof train): typeof train => ({ ...of, labels: of.labels!.map((label) => 1_999_999_990 + 4 * label) });
    const all = { ...usual, labels: 1, heldOut: 0 }; // draws of labels go by the class's number
    const [plain, large] = [await fineTune(all), await leavingNoTensors(() => fineTune({ ...all, train: rename(train), test: rename(other) }))];
    expect([...large.last.predictions]).toEqual([...plain.last.predictions].map((label) => 1_999_999_990 + 4 * label));
    expect(large.epochs).toEqual(plain.epochs);
    expect(large.last.accuracy).toBe(plain.last.accuracy);
    const { best } = await fineTune({ ...usual, train: rename(train), test: rename(other) });
    expect(best!.accuracy).toBeGreaterThan(0.6); // chance is 1/3
  });

  test('one of each class: none is held out, and the last epoch counts', async () => {
    const { best, heldOut, labels, last } = await leavingNoTensors(() => fineTune({ ...usual, labels: { perClass: 1 } }));
    expect([best, heldOut, labels, last.epoch]).toEqual([undefined, 0, 3, 6]);
    expect((await fineTune(usual)).heldOut).toBe(9);
  });
});

describe('labels', () => {
  test('are those of labelledFraction, and a smaller share lies within a larger one', async () => {
    const few = await fineTune({ ...usual, labels: 0.2 });
    const more = await fineTune(usual);
    expect(few.sampleIds).toEqual(labelledFraction(train.labels!, 0.2, 3));
    expect([...more.sampleIds]).toEqual(expect.arrayContaining([...few.sampleIds]));
    expect([few.labels, more.labels]).toEqual([18, 45]);
    expect((await fineTune({ ...usual, labels: { perClass: 4 } })).labels).toBe(12);
  });

  test('no other image of train is read, and those that choose the epoch are not trained on', async () => {
    const reads: number[][] = [];
    const watched = { ...train, read: (rows: Int32Array) => (reads.push([...rows]), train.read(rows)) };
    const modes: Mode[] = [];
    const telling = { ...encoder, apply: (...[images, mode]: Parameters<Encoder['apply']>) => (modes.push(mode), encoder.apply(images, mode)) };
    const { sampleIds } = await fineTune({ ...usual, train: watched, encoder: telling, protocol: { ...protocol, batchSize: 12, epochs: 2 } });
    expect([...new Set(reads.flat())].sort((a, b) => a - b)).toEqual([...sampleIds]);
    const trainedOn = new Set(reads.filter(({ length }) => length === 12).flat());
    const aside = reads.find(({ length }) => length !== 12)!;
    expect(aside).toHaveLength(9);
    expect(aside.some((id) => trainedOn.has(id))).toBe(false);
    expect(modes.filter((mode) => mode === 'train')).toHaveLength(6); // 36 images in batches of 12, twice
  });
});

describe('the encoder', () => {
  test('is trained, and afterwards as it was, also where training fails', async () => {
    const before = networkState(encoder);
    const frozen = await fineTune({ ...usual, protocol: { ...protocol, encoderLearningRate: 1e-12 } });
    const { epochs } = await fineTune(usual);
    expect(epochs.at(-1)!.loss).toBeLessThan(0.9 * frozen.epochs.at(-1)!.loss);
    expect(networkState(encoder)).toEqual(before);
    await expect(fineTune({ ...usual, protocol: { ...protocol, learningRate: 1e38 } })).rejects.toThrow('fineTune: the weights are beyond the numbers of float32. Lower the learning rates.');
    expect(networkState(encoder)).toEqual(before);
  });

  test("keeps its moving statistics with batchNorm 'eval', and moves them with 'train'", async () => {
    const moving = async (batchNorm: Mode): Promise<boolean> => {
      const start = networkState(encoder)['1.running_mean']!.values;
      let moved = false;
      const onEpoch = (): void => void (moved ||= networkState(encoder)['1.running_mean']!.values.some((value, i) => value !== start[i]));
      await fineTune({ ...usual, protocol: { ...protocol, batchNorm, epochs: 1 }, onEpoch });
      return moved;
    };
    expect(await moving('eval')).toBe(false);
    expect(await moving('train')).toBe(true);
  });
});

test('the best epoch is judged with its own weights, layer, encoder and moving statistics', async () => {
  const wild = { ...protocol, learningRate: 150, encoderLearningRate: 100, schedule: { name: 'steps', epochs: [], factor: 1 }, epochs: 6 } as const;
  const { best, last, epochs } = await leavingNoTensors(() => fineTune({ ...usual, protocol: wild }));
  const most = Math.max(...epochs.map(({ heldOutAccuracy }) => heldOutAccuracy!));
  expect(best!.epoch).toBe(epochs.find(({ heldOutAccuracy }) => heldOutAccuracy === most)!.epoch);
  expect(best!.epoch).toBeLessThan(6);
  const stopped = await fineTune({ ...usual, protocol: { ...wild, epochs: best!.epoch } });
  expect(stopped.last.predictions).toEqual(best!.predictions);
  expect(last.predictions).not.toEqual(best!.predictions);
});

describe('refuses', () => {
  const message = async (changed: Partial<Parameters<typeof fineTune>[0]>): Promise<string> => {
    const count = memory().numTensors;
    const error = await fineTune({ ...usual, ...changed }).then(() => undefined, (reason: Error) => reason);
    expect(memory().numTensors).toBe(count);
    return `${error?.name}: ${error?.message}`;
  };

  test('shares, protocols and labels out of range', async () => {
    expect(await message({ labels: 0 })).toMatchInlineSnapshot(`"ArgumentError: labelledFraction.share: received 0, expected a share above 0 and at most 1."`);
    expect(await message({ labels: { perClass: 31 } })).toMatchInlineSnapshot(`"ArgumentError: labelledFraction.share.perClass: received 31, expected at most 30, the samples of class 0."`);
    expect(await message({ protocol: { ...protocol, encoderLearningRate: 0 } })).toMatchInlineSnapshot(`"ArgumentError: fineTune.protocol.encoderLearningRate: received 0, expected a number above 0. linearProbeSgd leaves the encoder as it is."`);
    expect(await message({ protocol: { ...protocol, learningRate: [1, 2] as never } })).toMatchInlineSnapshot(`"ArgumentError: fineTune.protocol.learningRate: received [1,2], expected one number. Each would need an encoder of its own."`);
    expect(await message({ protocol: { ...protocol, batchNorm: 'frozen' as Mode } })).toMatchInlineSnapshot(`"ArgumentError: fineTune.protocol.batchNorm: received "frozen", expected 'train' or 'eval'."`);
    expect(await message({ train: { ...train, labels: new Int32Array(90) } })).toMatch(/fineTune\.train\.labels: received 0, expected two classes or more/);
  });

  test('an encoder with a parameter that does nothing', async () => {
    const spare = tidy(() => variable(scalar(1)));
    const idle = { ...encoder, parameters: () => ({ ...encoder.parameters(), spare }) };
    expect(Object.keys(flattenParameters(idle.parameters()))).toContain('spare');
    expect(await message({ encoder: idle })).toMatch(/spare/);
    spare.dispose();
  });
});

test('every protocol has a source and a slower encoder than layer, or an equal one', () => {
  for (const row of Object.values(fineTuneProtocols)) {
    expect(row.source).not.toBe('');
    expect(row.encoderLearningRate).toBeLessThanOrEqual(row.learningRate);
  }
});
