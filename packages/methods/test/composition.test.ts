import { predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { defineStrategy, type Encoder, type Head, type NamedTensors, type PositivePairs, random, restoreState, type StepOutputs } from '@kindred/core';
import { barlowTwins, crossEntropy, infoNCE, negativeCosine, ntXent, supCon, swappedPrediction, tripletMargin, batchHard } from '@kindred/losses';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  classLabels, composeMethod, hardNegatives, type Method, type MethodParts, momentumNetwork, nnByol, otherView, prototypes, queueNegatives, throughNeighbors, withLabels,
} from '../src/index.js';
import { outputs } from './contract.js';

const networks = (seed: number): { encoder: Encoder; projector: Head } => ({
  encoder: smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: random(seed) }),
  projector: projectionHead({ input: 8, layers: [8, 4], batchNorm: 'all', random: random(seed).fork('p') }),
});
const support = (): ReturnType<typeof supportSet> => supportSet({ capacity: 16, dimension: 4, initial: 'random', random: random(9) });
const swavs = (): ReturnType<typeof prototypes> => prototypes({ count: 6, dimension: 4, epsilon: 0.05, iterations: 3, freezeSteps: 0, random: random(1) });
const views = otherView({ directions: 'both' });

describe('composeMethod refuses before anything is computed', () => {
  const parts = networks(1);
  const compose = (strategy: MethodParts['strategy'], loss: MethodParts['loss']) => (): Method => composeMethod({ name: 'mine', ...parts, strategy, loss });

  test.each([
    ['prototypes with infoNCE', compose(swavs(), infoNCE({ temperature: 0.1 })), /mine\.loss: received "infoNCE, which takes embeddings", expected one that takes scores, which prototypes gives/],
    ['otherView with swappedPrediction', compose(views, swappedPrediction({ temperature: 0.1 })), /received "swappedPrediction, which takes scores", expected one that takes embeddings, which otherView gives/],
    ['classLabels with ntXent', compose(classLabels({ classes: 4 }), ntXent({ temperature: 0.1 })), /expected one that takes scores/],
    ['otherView with crossEntropy', compose(views, crossEntropy({ temperature: 1 })), /expected one that takes embeddings/],
    ['supCon without labels', compose(views, supCon({ temperature: 0.1 })), /received "otherView, which gives none", expected pairs with labels, which supCon needs. Put withLabels around it/],
    ['labels that infoNCE would ignore', compose(withLabels(views), infoNCE({ temperature: 0.1 })), /received "infoNCE, which would ignore them", expected one that uses labels, which withLabels\(otherView\) gives/],
    ['negatives that negativeCosine would ignore', compose(queueNegatives(views, support(), { enqueue: 'projections' }), negativeCosine()), /uses negatives/],
    ['hard negatives that ntXent would ignore', compose(hardNegatives(views, support(), { k: 2 }), ntXent({ temperature: 0.1 })), /uses ownNegatives/],
    ['further views that barlowTwins would ignore', compose(otherView({ directions: 'together' }), barlowTwins({ lambda: 0.01 })), /uses furtherViews/],
    ['negatives with infoNCE in both directions', compose(queueNegatives(views, support(), { enqueue: 'projections' }), infoNCE({ temperature: 0.1, direction: 'both' })), /uses negatives/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  test('and takes what belongs together', () => {
    const triplets = tripletMargin({ margin: 0.5, distance: 'cosine', miner: batchHard() });
    for (const make of [
      compose(swavs(), swappedPrediction({ temperature: 0.1 })),
      compose(withLabels(hardNegatives(views, support(), { k: 2 })), triplets),
      compose(throughNeighbors(views, support()), ntXent({ temperature: 0.1 })),
      compose(withLabels(otherView({ directions: 'together' })), supCon({ temperature: 0.1 })),
    ]) {
      expect(make().views).toBe(2);
    }
  });

  test('TypeScript knows the kinds too', () => {
    const scores = swavs();
    expectTypeOf(scores.gives.kind).toEqualTypeOf<'scores'>();
    expectTypeOf(infoNCE({ temperature: 1 }).takes.kind).toEqualTypeOf<'embeddings'>();
    // @ts-expect-error scores are not embeddings
    expect(() => composeMethod({ name: 'mine', ...parts, strategy: scores, loss: infoNCE({ temperature: 1 }) })).toThrow();
    // @ts-expect-error nor the other way round
    expect(() => composeMethod({ name: 'mine', ...parts, strategy: views, loss: crossEntropy({ temperature: 1 }) })).toThrow();
  });
});

describe('the state of a method', () => {
  const make = (seed: number): Method => {
    const online = networks(seed);
    const predictor = predictionHead({ input: 4, hidden: 8, output: 4, random: random(seed) });
    return nnByol({ ...online, predictor, momentum: momentumNetwork({ online, target: networks(seed + 10), decay: () => 0.9 }), support: support() });
  };

  test('is checked whole: whichever value does not fit, neither momentum encoder nor support set nor anything else has changed', () => {
    const [method, other] = [make(1), make(2)];
    for (const one of [method, other]) one.update(outputs(1));
    other.update(outputs(2));
    const [before, state] = [method.state(), other.state()];
    const names = Object.keys(state);
    expect(names.some((name) => name.startsWith('momentum.'))).toBe(true);
    expect(names.some((name) => name.startsWith('strategy.support.'))).toBe(true);
    const refused = (damaged: NamedTensors): void => {
      expect(() => restoreState(method, damaged)).toThrow(expect.objectContaining({ name: 'StateError' }));
      expect(method.state()).toEqual(before);
    };
    for (const name of names) {
      const { [name]: _, ...rest } = state;
      refused(rest);
      refused({ ...state, [name]: { shape: [3, 1], values: new Float32Array(3) } });
    }
    refused({ ...state, 'strategy.queue.rows': state['strategy.support.rows']! });
    restoreState(method, state);
    expect(method.state()).toEqual(state);
  });

  test('is that of its own strategy: another method’s is refused', () => {
    const parts = networks(1);
    const simclr = composeMethod({ name: 'simclr', ...parts, strategy: otherView({ directions: 'together' }), loss: ntXent({ temperature: 0.1 }) });
    expect(() => restoreState(simclr, make(1).state())).toThrow(/has no place for/);
    expect(() => restoreState(make(1), simclr.state())).toThrow(/lacks/);
  });

  test('does not depend on how often the loss was asked for', () => {
    const [asked, unasked] = [make(1), make(1)];
    const step = outputs(1);
    for (let i = 0; i < 3; i++) asked.loss(step).dispose();
    for (const one of [asked, unasked]) one.update(step);
    expect(asked.state()).toEqual(unasked.state());
  });
});

describe('a pair and its mirror image', () => {
  const [one, other] = [1, 2].map((seed) => tf.randomNormal([6, 4], 0, 1, 'float32', seed) as tf.Tensor2D);
  const mirrored: readonly PositivePairs[] = [
    { anchors: one!, positives: other!, weight: 0.3 },
    { anchors: other!, positives: one!, weight: 0.2 },
    { anchors: one!, positives: one!, weight: 0.5 },
  ];
  const step: StepOutputs = { projections: [one!, other!], sampleIds: new Int32Array(6), step: 0 };
  const lossOf = (loss: MethodParts<'embeddings'>['loss'], pairs = mirrored): { value: number; calls: number } => {
    let calls = 0;
    const counting = Object.assign((pair: PositivePairs) => (calls++, loss(pair)), loss);
    const strategy = defineStrategy({ name: 'mirrored', gives: { kind: 'embeddings', extras: pairs.some(({ furtherViews }) => furtherViews) ? ['furtherViews'] : [] }, select: () => pairs });
    const method = composeMethod({ name: 'mirrored', ...networks(1), strategy, loss: counting });
    const value = method.loss(step).dataSync()[0]!;
    return { value, calls };
  };
  const sum = (loss: MethodParts<'embeddings'>['loss'], pairs = mirrored): number => pairs.reduce((total, pair) => total + pair.weight * loss(pair).dataSync()[0]!, 0);

  test('are computed once where the loss is symmetric, with the weight of both', () => {
    const loss = ntXent({ temperature: 0.5 });
    const { value, calls } = lossOf(loss);
    expect(calls).toBe(2);
    expect(value).toBeCloseTo(sum(loss), 5);
  });

  test('are two where it is not, or where they carry what is not exchanged', () => {
    const loss = infoNCE({ temperature: 0.5 });
    const { value, calls } = lossOf(loss);
    expect(calls).toBe(3);
    expect(value).toBeCloseTo(sum(loss), 5);
    const further = mirrored.map((pair) => ({ ...pair, furtherViews: [other!] }));
    expect(lossOf(ntXent({ temperature: 0.5 }), further).calls).toBe(3);
  });
});

describe('a method of inputs that are no images', () => {
  const dense = (inputs: number, outputs: number, seed: number): Encoder<tf.Tensor2D> => {
    const weight = tf.variable(tf.randomNormal([inputs, outputs], 0, 1, 'float32', seed));
    return {
      dimension: outputs,
      apply: (x) => tf.matMul(x, weight as unknown as tf.Tensor2D),
      parameters: () => ({ weight }),
      buffers: () => ({}),
    };
  };

  test.each(['joint', 'separate'] as const)('runs vectors, %s', (forward) => {
    const projector = projectionHead({ input: 5, layers: [4], batchNorm: 'none', random: random(1) });
    const method = composeMethod({ name: 'vectors', encoder: dense(3, 5, 1), projector, strategy: views, loss: infoNCE({ temperature: 0.2 }), forward });
    const rows = [1, 2].map((seed) => tf.randomNormal([6, 3], 0, 1, 'float32', seed) as tf.Tensor2D);
    const step: StepOutputs = { ...method.forward(rows, 'train'), sampleIds: new Int32Array(6), step: 0 };
    expect(step.projections.map(({ shape }) => shape)).toEqual([[6, 4], [6, 4]]);
    expect(Number.isFinite(method.loss(step).dataSync()[0])).toBe(true);
  });
});

test('disposing a method frees its networks, its momentum encoder and its support set', () => {
  const before = tf.memory().numTensors;
  const online = networks(1);
  const predictor = predictionHead({ input: 4, hidden: 8, output: 4, random: random(3) });
  const method = nnByol({ ...online, predictor, momentum: momentumNetwork({ online, target: networks(2), decay: () => 0.9 }), support: support() });
  expect(tf.memory().numTensors).toBeGreaterThan(before);
  method.dispose();
  method.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
