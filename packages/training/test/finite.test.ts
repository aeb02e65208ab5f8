/** Numbers that are no numbers change nothing. */
import { projectionHead, smallResNet } from '@kindred/backbones';
import { defineLoss, flattenParameters, random, readParameters } from '@kindred/core';
import { byol, composeMethod, type Method, momentumNetwork, otherView } from '@kindred/methods';
import { adamW, type Optimizer } from '@kindred/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { takeCheckpoint, trainStep, type TrainStepInput } from '../src/index.js';
import { smallMethod, smallOptimizer } from './support.js';

const views = [1, 2].map((seed) => tf.randomNormal([6, 8, 8, 1], 0, 1, 'float32', seed) as tf.Tensor4D);
const sampleIds = Int32Array.of(0, 1, 2, 3, 4, 5);

/** A finite loss whose gradient is ∞ · 0: the length of a vector that is zero. */
const lengthOfNothing = (anchors: tf.Tensor): tf.Scalar => tf.sqrt(tf.sum(tf.square(tf.sub(anchors, anchors)))) as tf.Scalar;

const everything = (method: Method, optimizer: Optimizer) => ({
  weights: readParameters(method.parameters()),
  buffers: readParameters(method.buffers()),
  method: method.state(),
  moments: optimizer.state(),
});

/** A method with all that a step can move: batch norm, a momentum encoder with its own batch norm. */
function withMomentum(): Method {
  const networks = (seed: number) => ({
    encoder: smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4], blocks: [1], channels: 1, random: random(seed) }),
    projector: projectionHead({ input: 4, layers: [8, 4], batchNorm: 'hidden', random: random(seed).fork('p') }),
  });
  const online = networks(1);
  return byol({
    ...online,
    predictor: projectionHead({ input: 4, layers: [8, 4], batchNorm: 'hidden', random: random(3) }),
    momentum: momentumNetwork({ online, target: networks(2), decay: () => 0.9 }),
  });
}

const settings: readonly Partial<TrainStepInput>[] = [{}, { chunkSize: 3 }, { chunkSize: 3, accumulate: true }];

test.each(settings)('a finite loss with NaN gradients changes nothing, and the first such parameter is named: %o', (setting) => {
  for (const make of [withMomentum, smallMethod]) {
    if (setting.accumulate === true && make === smallMethod) continue; // NNCLR compares rows
    const sound = make();
    const optimizer = adamW({ parameters: flattenParameters(sound.parameters()), beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, exclude: () => false });
    trainStep({ method: sound, optimizer, views, sampleIds, learningRate: 0.01, ...setting }); // moments and queues that are not zero
    const before = everything(sound, optimizer);
    const count = tf.memory().numTensors;
    const broken: Method = { ...sound, loss: (outputs) => tf.tidy(() => tf.add(sound.loss(outputs), lengthOfNothing(outputs.projections[0]!)) as tf.Scalar) };
    const step = (): number => trainStep({ method: broken, optimizer, views, sampleIds, learningRate: 0.01, step: 1, when: 'step 2', ...setting });
    expect(step).toThrow(expect.objectContaining({ name: 'DivergenceError' }));
    expect(step).toThrow(/^step 2: the loss is -?[\d.]+; the first that is not finite: the gradient of encoder\.conv1\.weight\./);
    expect(everything(sound, optimizer)).toEqual(before);
    expect(tf.memory().numTensors).toBe(count);
    // and it goes on as if nothing had been
    const next = (): number => trainStep({ method: sound, optimizer, views, sampleIds, learningRate: 0.01, step: 1, ...setting });
    expect(Number.isFinite(next())).toBe(true);
  }
});

test.each(settings)('a loss of NaN, or networks that throw, leave the moving statistics of both encoders as they were: %o', (setting) => {
  const method = withMomentum();
  const optimizer = smallOptimizer(method);
  const before = everything(method, optimizer);
  const failing: readonly Partial<Method>[] = [
    { loss: (outputs) => tf.tidy(() => tf.mul(method.loss(outputs), NaN) as tf.Scalar) },
    { loss: () => { throw new Error('no loss'); } },
  ];
  for (const fault of failing) {
    expect(() => trainStep({ method: { ...method, ...fault }, optimizer, views, sampleIds, learningRate: 0.1, ...setting })).toThrow();
    expect(everything(method, optimizer)).toEqual(before);
  }
});

test('gradients whose squares overflow are finite all the same', () => {
  const { encoder } = smallMethod();
  const projector = projectionHead({ input: 8, layers: [4], batchNorm: 'none', random: random(1) });
  const huge = defineLoss({ name: 'huge', kind: 'embeddings' }, ({ anchors, positives }) => tf.tidy(() => tf.mul(tf.mean(tf.mul(anchors, positives)), 1e24) as tf.Scalar));
  const method = composeMethod({ name: 'huge', encoder, projector, strategy: otherView({ directions: 'once' }), loss: huge });
  let largest = 0;
  const optimizer: Optimizer = {
    ...smallOptimizer(method),
    step: (gradients) => void (largest = Math.max(...Object.values(gradients).flatMap((gradient) => Array.from(gradient.dataSync(), Math.abs)))),
  };
  expect(Number.isFinite(trainStep({ method, optimizer, views, sampleIds, learningRate: 0 }))).toBe(true);
  expect(largest).toBeGreaterThan(2e19); // the square of which is infinite in float32
});

test('no checkpoint holds a number that is not finite', () => {
  const method = smallMethod();
  const optimizer = smallOptimizer(method);
  const weight = flattenParameters(method.parameters())['projector.0.weight']!;
  expect(takeCheckpoint(3, method, optimizer).step).toBe(3);
  weight.assign(tf.fill(weight.shape, Infinity));
  expect(() => takeCheckpoint(3, method, optimizer)).toThrowErrorMatchingInlineSnapshot(
    `[DivergenceError: checkpoint of step 3: projector.0.weight is not finite. Go back to the checkpoint before, with a lower learning rate.]`,
  );
});
