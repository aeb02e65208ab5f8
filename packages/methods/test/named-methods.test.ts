import { predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { defineLoss, type Encoder, flattenParameters, type Head, random, readParameters, restoreState } from '@kindred/core';
import { batchHard, semiHard } from '@kindred/losses';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  barlowTwins, byol, composeMethod, dcl, type Method, mocoV2, mocoV3, type MomentumNetwork, momentumNetwork, nnByol, nnMoco, nnSiam, nnTriplet, queueNegatives, simsiam,
  stopPositives, supCon, triplet, vicReg, otherView, withLabels, throughNeighbors,
} from '../src/index.js';
import { outputs, strategyContract } from './contract.js';
import { dot, nearestByLoops, rows, unit } from './support.js';

const support = (): ReturnType<typeof supportSet> => supportSet({ capacity: 16, dimension: 4, initial: 'random', random: random(9) });

strategyContract('stopPositives of all views', () => stopPositives(otherView({ directions: 'together' })));
strategyContract('stopPositives', () => stopPositives(otherView({ directions: 'both', anchors: 'predictions' })));
strategyContract('queueNegatives', () => queueNegatives(otherView({ directions: 'both', positives: 'targets' }), support()));
strategyContract('withLabels', () => withLabels(otherView({ directions: 'once' })));
strategyContract('throughNeighbors of queueNegatives', () =>
  throughNeighbors(queueNegatives(otherView({ directions: 'both', positives: 'targets' }), support()), support(), { replace: 'positives', enqueue: 'targets' }),
);

function networks(seed: number): { encoder: Encoder; projector: Head } {
  const stream = random(seed);
  return {
    encoder: smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4, 8], blocks: [1, 1], channels: 1, random: stream }),
    projector: projectionHead({ input: 8, layers: [8, 4], batchNorm: 'all', random: stream.fork('p') }),
  };
}
const predictor = predictionHead({ input: 4, hidden: 8, output: 4, random: random(4) });
const temperature = 0.3;
const cosine = (a: number[], b: number[]): number => dot(unit(a), unit(b));
const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
/** The numbers that `outputs(seed)` is made of. */
const numbers = (seed: number): { z: number[][][]; p: number[][][]; t: number[][][] } => {
  const each = (offset: number): number[][][] => [0, 1].map((v) => rows(seed + offset + v, 6, 4));
  return { z: each(0), p: each(100), t: each(200) };
};
const step = outputs(1);
const { z, p, t } = numbers(1);
const online = networks(1);
const momentum = (decay = 0.9): MomentumNetwork => momentumNetwork({ online, target: networks(2), decay: () => decay });

describe('the loss of', () => {
  const cases: [string, Method, number][] = [
    ['BYOL is the mean of both −cos(p, t)', byol({ ...online, predictor, momentum: momentum() }), mean([0, 1].flatMap((v) => p[v]!.map((row, i) => -cosine(row, t[1 - v]![i]!))))],
    ['SimSiam is the mean of both −cos(p, z)', simsiam({ ...online, predictor }), mean([0, 1].flatMap((v) => p[v]!.map((row, i) => -cosine(row, z[1 - v]![i]!))))],
    [
      'MoCo v3 is InfoNCE of p against the targets of the batch',
      mocoV3({ ...online, predictor, momentum: momentum(), temperature }),
      mean([0, 1].flatMap((v) => p[v]!.map((row, i) => {
        const logits = t[1 - v]!.map((other) => cosine(row, other) / temperature);
        return Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[i]!;
      }))),
    ],
  ];
  test.each(cases)('%s', (_, method, expected) => {
    expect(method.loss(step).arraySync()).toBeCloseTo(expected, 4);
  });

  test('MoCo v2 has one positive and the queue as negatives', () => {
    const queue = support();
    const method = mocoV2({ ...online, momentum: momentum(), queue, temperature });
    const stored = queue.rows().arraySync();
    const expected = mean([0, 1].flatMap((v) => z[v]!.map((row, i) => {
      const own = cosine(row, t[1 - v]![i]!) / temperature;
      const all = [own, ...stored.map((other) => cosine(row, other) / temperature)];
      return Math.log(all.reduce((sum, x) => sum + Math.exp(x), 0)) - own;
    })));
    expect(method.loss(step).arraySync()).toBeCloseTo(expected, 4);
    method.update(step);
    expect([...queue.entries().sampleIds].filter((id) => id >= 0)).toHaveLength(12);
  });

  test('NNBYOL and NNSiam meet the neighbour of what their base meets', () => {
    for (const [make, side] of [[nnByol, t], [nnSiam, z]] as const) {
      const set = support();
      const queue = set.rows().arraySync();
      const method = make({ ...online, predictor, momentum: momentum(), support: set });
      const expected = mean([0, 1].flatMap((v) => {
        const found = nearestByLoops(side[1 - v]!, queue);
        return p[v]!.map((row, i) => -cosine(row, found[i]!));
      }));
      expect(method.loss(step).arraySync(), method.name).toBeCloseTo(expected, 4);
    }
  });
});

describe('every method', () => {
  const make: Record<string, () => Method> = {
    byol: () => byol({ ...networks(1), predictor, momentum: momentum() }),
    'moco-v2': () => mocoV2({ ...networks(1), momentum: momentum(), queue: support(), temperature }),
    'moco-v3': () => mocoV3({ ...networks(1), predictor, momentum: momentum(), temperature }),
    simsiam: () => simsiam({ ...networks(1), predictor }),
    dcl: () => dcl({ ...networks(1), temperature }),
    'barlow-twins': () => barlowTwins({ ...networks(1), lambda: 0.005 }),
    vicreg: () => vicReg({ ...networks(1), invariance: 25, variance: 25, covariance: 1 }),
    supcon: () => supCon({ ...networks(1), temperature }),
    triplet: () => triplet({ ...networks(1), margin: 1, distance: 'cosine', miner: semiHard() }),
    nnsiam: () => nnSiam({ ...networks(1), predictor, support: support() }),
    nnbyol: () => nnByol({ ...networks(1), predictor, momentum: momentum(), support: support() }),
    'nn-moco': () => nnMoco({ ...networks(1), momentum: momentum(), queue: support(), temperature, support: support() }),
    'nn-triplet': () => nnTriplet({ ...networks(1), margin: 1, distance: 'cosine', miner: batchHard(), support: support() }),
  };
  test.each(Object.entries(make))('%s has its name, a finite loss, a gradient for each weight of its projector, and leaves nothing behind', (name, build) => {
    const method = build();
    expect(method.name).toBe(name);
    const views = [3, 4].map((seed) => tf.tensor4d(rows(seed, 6, 64).flat(), [6, 8, 8, 1]));
    method.update(step);
    const { projections, predictions, targets, ...known } = step;
    const projector = Object.entries(flattenParameters(method.parameters())).filter(([parameter]) => parameter.startsWith('projector.'));
    const before = tf.memory().numTensors;
    const made = method.targets?.(views);
    const { value, grads } = tf.variableGrads(
      () => method.loss({ ...method.forward(views, 'train'), ...(made && { targets: made }), ...known }),
      projector.map(([, variable]) => variable),
    );
    expect(Number.isFinite(value.dataSync()[0])).toBe(true);
    for (const [parameter, variable] of projector) {
      const values = grads[variable.name]?.dataSync() ?? [];
      expect(values.length, parameter).toBe(variable.size);
      expect(values.every(Number.isFinite), parameter).toBe(true);
      expect(Math.max(...values.map(Math.abs)), parameter).toBeGreaterThan(0);
    }
    tf.dispose([value, grads as never, ...(made ?? [])]);
    method.update(step);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a momentum network', () => {
  const images = tf.tensor4d(rows(3, 6, 64).flat(), [6, 8, 8, 1]);

  test('starts as the online network, follows by 1 − m, and is not moved by m = 1', () => {
    const fast = networks(1);
    const slow = networks(2);
    fast.encoder.apply(images, 'train'); // weights that are trained come with moving statistics
    const network = momentumNetwork({ online: fast, target: slow, decay: (s) => (s === 0 ? 0.75 : 1) });
    const weights = (tree: { encoder: Encoder }): number => flattenParameters(tree.encoder.parameters())['conv1.weight']!.dataSync()[0]!;
    expect(readParameters(slow.encoder.parameters())).toEqual(readParameters(fast.encoder.parameters()));
    expect(readParameters(slow.encoder.buffers())).toEqual(readParameters(fast.encoder.buffers()));
    const start = weights(slow);
    const variable = flattenParameters(fast.encoder.parameters())['conv1.weight']!;
    variable.assign(tf.add(variable, 1));
    network.update();
    expect(weights(slow)).toBeCloseTo(start + 0.25, 5);
    const after = weights(slow);
    network.update();
    expect(weights(slow)).toBe(after);
  });

  test('averages parameters only: its moving statistics follow its own passes', () => {
    const fast = networks(1);
    const slow = networks(2);
    const network = momentumNetwork({ online: fast, target: slow, decay: () => 0 });
    const statistics = (tree: { encoder: Encoder }): unknown => readParameters(tree.encoder.buffers());
    const before = statistics(slow);
    fast.encoder.apply(images, 'train');
    network.update();
    expect(statistics(slow)).toEqual(before);
    network.targets([images]);
    expect(statistics(slow)).not.toEqual(before);
  });

  test('joint takes views of several sizes, each its own targets in order; separate the same views one by one', () => {
    const small = tf.tensor4d(rows(4, 6, 36).flat(), [6, 6, 6, 1]);
    const views = [images, small, tf.mul(images, 0.5) as tf.Tensor4D, small];
    const make = (forward: 'joint' | 'separate'): MomentumNetwork => momentumNetwork({ online: networks(1), target: networks(2), decay: () => 0.9, forward });
    const joint = make('joint').targets(views).map((target) => target.arraySync());
    expect(joint.map((target) => [target.length, target[0]!.length])).toEqual([[6, 4], [6, 4], [6, 4], [6, 4]]);
    // the same images have the same targets: batch statistics of the encoder are a size's, those of the head all rows'
    expect(joint[3]).toEqual(joint[1]);
    // as composeMethod runs its own networks
    const method = composeMethod({ name: 'same', ...networks(1), strategy: otherView({ directions: 'both' }), loss: defineLoss({ name: 'mean', kind: 'embeddings' }, ({ anchors }) => tf.mean(anchors) as tf.Scalar), forward: 'joint' });
    method.forward(views, 'train').projections.forEach((projection, v) => projection.arraySync().forEach((row, i) => row.forEach((x, d) => expect(joint[v]![i]![d]).toBeCloseTo(x, 5))));
    const separate = make('separate').targets(views).map((target) => target.arraySync());
    expect(Math.max(...separate.flat(2).map((x, i) => Math.abs(x - joint.flat(2)[i]!)))).toBeGreaterThan(1e-3);
  });

  test('restored into a fresh one it goes on bit for bit, and refuses another network', () => {
    const decay = (s: number): number => 1 - 1 / (s + 2);
    const [one, other] = [momentumNetwork({ online: networks(1), target: networks(2), decay }), momentumNetwork({ online: networks(5), target: networks(6), decay })];
    one.update();
    one.targets([images]);
    restoreState(other, structuredClone(one.state()));
    expect(other.state()).toEqual(one.state());
    expect(other.targets([images])[0]!.arraySync()).toEqual(one.targets([images])[0]!.arraySync());
    expect(() => restoreState(other, {})).toThrow(/^momentumNetwork.check/);
  });
});
