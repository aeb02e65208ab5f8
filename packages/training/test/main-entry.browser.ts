/** The main entry in a browser: a run, its checkpoints, and the check of a step, on WebGL. */
import { imageViews, viewPipeline } from '@kindred/augmentations';
import { mlp, projectionHead, smallResNet } from '@kindred/backbones';
import { type Dataset, flattenParameters, random, type Views } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { nnclr, simclr } from '@kindred/methods';
import { chain, clipByGlobalNorm, constant, sgd } from '@kindred/optimizers';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type Checkpoint, pretrain, type PretrainOptions, trainStep } from '../src/index.js';

/** Rows of a table, and views that add noise to them. */
const rows = Float32Array.from({ length: 16 * 5 }, (_, i) => random(1).fork(i).normal(0, 1));
const dataset: Dataset<Float32Array> = {
  name: 'rows',
  size: 16,
  fingerprint: 'rows of seed 1',
  read: (indices) => Promise.resolve(Float32Array.from([...indices].flatMap((id) => [...rows.subarray(5 * id, 5 * id + 5)]))),
};
const views: Views<Float32Array, tf.Tensor2D> = {
  count: 2,
  make: (batch, { seed, epoch, sampleIds }) =>
    [0, 1].map((view) => tf.tensor2d(batch.map((x, i) => x + random(seed).fork(view, epoch, sampleIds[Math.floor(i / 5)]!, i % 5).normal(0, 0.2)), [sampleIds.length, 5])),
};

function run(): PretrainOptions<Float32Array, tf.Tensor2D> {
  const method = nnclr({
    encoder: mlp({ input: 5, layers: [8, 6], batchNorm: true, random: random(2) }),
    projector: projectionHead({ input: 6, layers: [6, 4], batchNorm: 'hidden', random: random(3) }),
    predictor: projectionHead({ input: 4, layers: [6, 4], batchNorm: 'hidden', random: random(4) }),
    support: supportSet({ capacity: 24, dimension: 4, initial: 'random', random: random(5) }),
    temperature: 0.2,
  });
  const optimizer = chain(clipByGlobalNorm({ maximum: 1 }), sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 1e-4 }));
  return { method, dataset, views, optimizer, schedule: constant(0.1), batchSize: 8, epochs: 2, seed: 6, watchEvery: 2 };
}

test('a run on rows of numbers, resumed from its checkpoint, ends in the same values, and leaves no tensor', async () => {
  expect(tf.getBackend()).toBe('webgl');
  const checkpoints: Checkpoint[] = [];
  const losses: number[] = [];
  await pretrain({ ...run(), onCheckpoint: (one) => void checkpoints.push(one), onStep: ({ loss }) => void losses.push(loss) });
  expect(losses).toHaveLength(4);
  expect(losses.every(Number.isFinite)).toBe(true);
  const other = run();
  const again: Checkpoint[] = [];
  await pretrain({ ...other, resumeFrom: checkpoints[0]!, onCheckpoint: (one) => void again.push(one) });
  expect(again.at(-1)).toEqual(checkpoints.at(-1));
  const before = tf.memory().numTensors;
  await pretrain({ ...other, epochs: 1, chunkSize: 4 });
  expect(tf.memory().numTensors).toBe(before);
});

test('images train', async () => {
  const images = Uint8Array.from({ length: 8 * 64 }, (_, i) => (i * 37) % 256);
  const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4], blocks: [1], channels: 1, random: random(1) });
  const method = simclr({ encoder, projector: projectionHead({ input: 4, layers: [4], batchNorm: 'none', random: random(2) }), temperature: 0.5 });
  const flip = viewPipeline({ flip: { probability: 0.5 } }, { output: [8, 8], channels: 1 });
  const result = await pretrain({
    method,
    dataset: inMemoryDataset({ name: 'images', images, imageShape: [8, 8, 1] }),
    views: imageViews([flip, flip]),
    optimizer: sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 0 }),
    schedule: constant(0.05),
    batchSize: 4,
    epochs: 1,
    seed: 1,
  });
  expect(result).toEqual({ step: 2, finished: true });
});

test('a finite loss with NaN gradients changes nothing', () => {
  const { method, optimizer } = run();
  const inputs = [1, 2].map((seed) => tf.randomNormal([6, 5], 0, 1, 'float32', seed) as tf.Tensor2D);
  const before = [method.state(), optimizer.state()];
  const broken = {
    ...method,
    loss: (outputs: Parameters<typeof method.loss>[0]) =>
      tf.tidy(() => tf.add(method.loss(outputs), tf.sqrt(tf.sum(tf.square(tf.sub(outputs.projections[0]!, outputs.projections[0]!))))) as tf.Scalar),
  };
  expect(() => trainStep({ method: broken, optimizer, views: inputs, sampleIds: Int32Array.of(0, 1, 2, 3, 4, 5), learningRate: 0.1 })).toThrow(/the gradient of encoder\.0\.weight/);
  expect([method.state(), optimizer.state()]).toEqual(before);
});
