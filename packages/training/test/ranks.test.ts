/** Several ranks train what one process trains on their joint batch. */
import { linear, projectionHead } from '@kindred/backbones';
import { type Communicator, type Encoder, flattenParameters, type Head, random, readParameters, relu, type StepOutputs } from '@kindred/core';
import { barlowTwins, byol, type Method, mocoV2, momentumNetwork, nnclr, simclr, swav } from '@kindred/methods';
import { sgd } from '@kindred/optimizers';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { trainStep } from '../src/index.js';
import { onRanks } from './fake-ranks.js';

const rows = 12;
/** Samples that differ in more than noise: no direction of theirs cancels out. */
const batch = (at: number): tf.Tensor2D[] =>
  [0, 1].map((v) => {
    const values = Array.from({ length: rows }, (_, i) => [random(1).fork('sample', i), random(1).fork('view', at, v, i)] as const);
    return tf.tensor2d(values.map(([sample, noise]) => Array.from({ length: 6 }, () => sample.normal(0, 1) + noise.normal(0, 0.3))));
  });
const sampleIds = Int32Array.from({ length: rows }, (_, i) => 50 + i);
const labels = sampleIds.map((id) => id % 3);

/** Rows of a table: no image, and no row meets another. */
function encoder(seed: number): Encoder<tf.Tensor2D> {
  const [first, last] = [linear({ inputs: 6, outputs: 8, bias: true, random: random(seed) }), linear({ inputs: 8, outputs: 5, bias: true, random: random(seed).fork('last') })];
  return {
    dimension: 5,
    apply: (x, mode) => tf.tidy(() => last.apply(relu(first.apply(x, mode)), mode)),
    parameters: () => ({ first: first.parameters(), last: last.parameters() }),
    buffers: () => ({}),
  };
}
const head = (seed: number, outputBias = true): Head => projectionHead({ input: 5, layers: [8, 4], batchNorm: 'none', outputBias, random: random(seed) });
const predictor = (): Head => projectionHead({ input: 4, layers: [6, 4], batchNorm: 'none', random: random(5) });
const memory = (dimension = 4) => supportSet({ capacity: 30, dimension, initial: 'random', random: random(8) });
const online = () => ({ encoder: encoder(1), projector: head(2) });
const withMomentum = () => {
  const networks = online();
  return { ...networks, momentum: momentumNetwork({ online: networks, target: { encoder: encoder(3), projector: head(4) }, decay: () => 0.9 }) };
};

const methods: Readonly<Record<string, () => Method<tf.Tensor2D>>> = {
  NNCLR: () => nnclr({ ...online(), predictor: predictor(), support: memory(), temperature: 0.2 }),
  'NNCLR by features': () => nnclr({ ...online(), predictor: predictor(), support: memory(), features: memory(5), temperature: 0.2 }),
  SimCLR: () => simclr({ ...online(), temperature: 0.3 }),
  'MoCo v2': () => mocoV2({ ...withMomentum(), queue: memory(), temperature: 0.2 }),
  BYOL: () => byol({ ...withMomentum(), predictor: predictor() }),
  'Barlow Twins': () => barlowTwins({ encoder: encoder(1), projector: head(2, false), lambda: 0.01 }),
  SwAV: () => swav({ ...online(), count: 6, epsilon: 0.05, iterations: 3, freezeSteps: 0, temperature: 0.1, random: random(9) }),
};

interface Trained {
  readonly losses: number[];
  readonly weights: ReturnType<typeof readParameters>;
  readonly state: ReturnType<typeof readParameters>;
}

interface Setting {
  readonly chunkSize?: number;
  readonly accumulate?: boolean;
  readonly change?: (method: Method<tf.Tensor2D>, communicator: Communicator) => Method<tf.Tensor2D>;
}

/** Three steps of a rank on its rows; with one rank the whole batch. */
function train(name: string, communicator: Communicator, { change = (method) => method, ...setting }: Setting = {}): Trained {
  return tf.tidy(() => {
    const method = change(methods[name]!(), communicator);
    const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 1e-3 });
    const { rank, size } = communicator;
    const own = (list: Int32Array): Int32Array => list.slice((rank * rows) / size, ((rank + 1) * rows) / size);
    const losses = [0, 1, 2].map((step) => {
      const views = batch(step).map((view) => tf.slice(view, (rank * rows) / size, rows / size));
      return trainStep({ method, optimizer, views, sampleIds: own(sampleIds), labels: own(labels), learningRate: 0.5, step, communicator, ...setting });
    });
    const trained = { losses, weights: readParameters(method.parameters()), state: method.state() };
    optimizer.dispose();
    method.dispose();
    return trained as never;
  }) as never;
}

const alone = (name: string, setting: Setting = {}): Trained => onRanks(1, (communicator) => train(name, communicator, setting))[0]!;

/** The largest difference between values, in parts of the largest of the same name. */
const apart = (one: Trained['weights'], other: Trained['weights']): number =>
  Math.max(
    0,
    ...Object.entries(one).map(([name, { values }]) => {
      const largest = Math.max(...Array.from(values, Math.abs), 1e-3);
      return Math.max(...Array.from(values, (x, i) => Math.abs(x - other[name]!.values[i]!))) / largest;
    }),
  );

describe('three steps on several ranks are three steps of one process on the joint batch', () => {
  test.each(Object.keys(methods))('%s on 2 and 3 ranks: losses, weights, queue and momentum encoder, the same on every rank', (name) => {
    const whole = alone(name);
    for (const size of [2, 3]) {
      const ranks = onRanks(size, (communicator) => train(name, communicator));
      ranks.forEach((rank) => expect(rank).toEqual(ranks[0]));
      // float32: sums over rows in another order, three steps
      whole.losses.forEach((loss, i) => expect(ranks[0]!.losses[i]).toBeCloseTo(loss, 4));
      expect(apart(whole.weights, ranks[0]!.weights)).toBeLessThan(2e-5);
      expect(apart(whole.state, ranks[0]!.state)).toBeLessThan(2e-5);
    }
  });

  test('in chunks, and accumulated where the loss allows it', () => {
    const settings: readonly [string, Setting][] = [['SimCLR', { chunkSize: 3 }], ['NNCLR', { chunkSize: 2 }], ['MoCo v2', { chunkSize: 3, accumulate: true }], ['BYOL', { chunkSize: 6, accumulate: true }]];
    for (const [name, setting] of settings) {
      const [first, second] = onRanks(2, (communicator) => train(name, communicator, setting));
      expect(second).toEqual(first);
      expect(apart(alone(name).weights, first!.weights), name).toBeLessThan(2e-5);
    }
  });

  test('a loss that compares rows is refused by every rank if it is accumulated, one chunk a rank too', () => {
    const message = (communicator: Communicator): string => {
      try {
        train('SimCLR', communicator, { chunkSize: 6, accumulate: true });
        return 'accepted';
      } catch (error) {
        if ((error as Error).name === 'StateError') return (error as Error).message;
        throw error;
      }
    };
    const [first, second] = onRanks(2, message);
    expect(first).toContain('compares rows of the batch');
    expect(second).toBe(first);
  });
});

describe('the usual mistakes are far away', () => {
  /** Each rank takes the loss of its own rows alone. */
  const ownRowsAlone: Setting['change'] = (method, { rank, size }) => {
    const part = <T extends tf.Tensor>(list: readonly T[]): T[] => list.map((each) => tf.slice(each, (rank * rows) / size, rows / size));
    const own = ({ projections, predictions, targets, ...rest }: StepOutputs): StepOutputs => ({
      ...rest,
      projections: part(projections),
      ...(predictions && { predictions: part(predictions) }),
      ...(targets && { targets: part(targets) }),
    });
    return { ...method, loss: (outputs) => tf.tidy(() => tf.div(method.loss(own(outputs)), size) as tf.Scalar) };
  };

  test.each(['SimCLR', 'NNCLR'])('%s with own rows as anchors and candidates, and the mean of the gradients', (name) => {
    const [wrong] = onRanks(2, (communicator) => train(name, communicator, { change: ownRowsAlone }));
    expect(apart(alone(name).weights, wrong!.weights)).toBeGreaterThan(1e-2);
  });
});
