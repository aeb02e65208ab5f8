import { bytesToImages } from '@kindred/augmentations';
import { predictionHead, projectionHead } from '@kindred/backbones';
import { type Encoder, flattenParameters, random as randomOf, type ImageDataset, type UniformImages } from '@kindred/core';
import { labelledFraction, subset } from '@kindred/datasets';
import { fashionMnist } from '@kindred/datasets/node';
import { embed, type Features, knn, participationRatio, perDimensionDeviation } from '@kindred/evaluation';
import { negativeCosine } from '@kindred/losses';
import { composeMethod, otherView, stopPositives } from '@kindred/methods';
import { sgd } from '@kindred/optimizers';
import { pretrain, type StepRecord } from '@kindred/training';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildRun, checkSettings, freshEncoder, PretrainSettings } from '../src/index.js';
import { smallMethods } from './method-recipes.js';

let data: { train: ImageDataset; test: ImageDataset };
let random: number;
const perClass = (dataset: ImageDataset, count: number): ImageDataset => subset(dataset, labelledFraction(dataset.labels!, { perClass: count }, 1));
const settingsOf = (name: keyof typeof smallMethods, change: Partial<PretrainSettings> = {}): PretrainSettings =>
  checkSettings(name, PretrainSettings, {
    name,
    seed: 1,
    data: { name: 'fashion-mnist' },
    views: {
      crop: { area: [0.4, 1], aspect: [0.75, 1.33], interpolation: 'bilinear', sampler: 'torchvision' },
      flip: { probability: 0.5 },
      jitter: { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0, hueTurns: 0 },
    },
    encoder: { name: 'small-resnet', stem: { channels: 16, kernel: 3, stride: 2 }, widths: [16, 32], blocks: [1, 1] },
    method: smallMethods[name].settings,
    optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
    learningRate: { base: smallMethods[name].rate, scale: 'none', warmupEpochs: 0.5 },
    batchSize: smallMethods[name].batchSize,
    epochs: smallMethods[name].epochs,
    ...change,
  });

async function accuracy(encoder: Encoder): Promise<{ knn: number; features: Features }> {
  const [train, features] = [await embed(encoder, data.train, { batchSize: 250 }), await embed(encoder, data.test, { batchSize: 250 })];
  const result = await knn({ train, test: features, k: 20, temperature: 0.1, similarity: 'cosine', weighting: 'exponential', classes: 10 });
  return { knn: result.accuracy, features };
}

/** How far embeddings are from one point (mean deviation of a dimension, 1 for an even sphere) and from one line (rank). */
function spread({ values, dimension }: Features): { deviation: number; rank: number } {
  return tf.tidy(() => {
    const rows = tf.tensor2d(values, [values.length / dimension, dimension]);
    return { deviation: tf.mean(perDimensionDeviation(rows)).arraySync() as number, rank: participationRatio(rows).arraySync() };
  });
}

/** Of projections: the least of all methods was 0.56 and 4.3, and SimSiam without its stop-gradient has 0.05 and 1.8. */
const alive = { deviation: 0.3, rank: 3 };

/** What the loop itself says of the projections, as of its last look. */
function watch(): { onStep: (record: StepRecord) => void; last: () => { deviation: number; rank: number } } {
  let last = { deviation: NaN, rank: NaN };
  return {
    onStep: ({ diagnostics: { projectionDeviation, projectionRank } }) => {
      if (projectionDeviation !== undefined && projectionRank !== undefined) last = { deviation: projectionDeviation, rank: projectionRank };
    },
    last: () => last,
  };
}

beforeAll(async () => {
  data = { train: perClass(await fashionMnist({ split: 'train' }), 200), test: perClass(await fashionMnist({ split: 'test' }), 60) };
  random = (await accuracy(freshEncoder(settingsOf('simclr'), data.train))).knn;
}, 60_000);

/** One of each kind of positives and losses; KINDRED_CONTRACT=all runs all methods, some ten minutes. */
const tried = (process.env['KINDRED_CONTRACT'] === 'all' ? Object.keys(smallMethods) : ['simclr', 'nnclr', 'moco-v2', 'byol', 'barlow-twins', 'swav', 'deepcluster-v2', 'supervised', 'triplet']) as (keyof typeof smallMethods)[];

describe('a contract run of 120 to 320 steps on 2,000 images of Fashion-MNIST', () => {
  test.each(tried)('%s ends above random weights in kNN, and does not collapse', async (name) => {
    const settings = settingsOf(name);
    const run = buildRun(settings, data.train);
    const watched = watch();
    await pretrain({ ...run, dataset: data.train, batchSize: settings.batchSize, epochs: settings.epochs, seed: 1, onStep: watched.onStep });
    const { knn: trained, features } = await accuracy(run.method.encoder);
    const { deviation, rank } = spread(features);
    expect(trained).toBeGreaterThan(random);
    // collapsed embeddings have 0 and 1; the least of all methods was 0.34 and 1.8
    expect(deviation).toBeGreaterThan(0.2);
    expect(rank).toBeGreaterThan(1.3);
    expect(watched.last().deviation).toBeGreaterThan(alive.deviation);
    expect(watched.last().rank).toBeGreaterThan(alive.rank);
  }, 300_000);
});

test('SimSiam without its stop-gradient collapses, and with it does not', async () => {
  const spreadOf = async (stop: boolean): Promise<{ loss: number; deviation: number; watched: { deviation: number; rank: number } }> => {
    const watched = watch();
    const settings = settingsOf('simsiam');
    const run = buildRun(settings, data.train);
    const stream = randomOf(1).fork('collapse');
    const { encoder } = run.method;
    const projector = projectionHead({ input: encoder.dimension, layers: [64, 32], batchNorm: 'hidden', random: stream });
    const predictor = predictionHead({ input: 32, hidden: 16, output: 32, random: stream.fork('predictor') });
    const both = otherView({ anchors: 'predictions', directions: 'both' });
    const method = composeMethod({ name: 'simsiam', encoder, projector, predictor, strategy: stop ? stopPositives(both) : both, loss: negativeCosine() });
    const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 1e-4, exclude: () => false });
    let loss = 0;
    await pretrain({ ...run, method, optimizer, dataset: data.train, batchSize: 50, epochs: 6, seed: 1, onStep: (step) => (watched.onStep(step), void (loss = step.loss)) });
    const { pixels, shape } = (await data.test.read(Int32Array.from({ length: 200 }, (_, i) => i))) as UniformImages;
    const images = bytesToImages(pixels, shape);
    const deviation = tf.tidy(() => tf.mean(perDimensionDeviation(method.forward([images, images], 'train').predictions![0]!)).arraySync() as number);
    return { loss, deviation, watched: watched.last() };
  };
  const [kept, collapsed] = [await spreadOf(true), await spreadOf(false)];
  expect(collapsed.loss).toBeLessThan(-0.98);
  expect(collapsed.deviation).toBeLessThan(kept.deviation / 2);
  // the loop's own figures tell, without an evaluation
  expect(collapsed.watched.deviation).toBeLessThan(alive.deviation);
  expect(collapsed.watched.rank).toBeLessThan(alive.rank);
  expect(kept.watched.deviation).toBeGreaterThan(alive.deviation);
  expect(kept.watched.rank).toBeGreaterThan(alive.rank);
}, 300_000);
