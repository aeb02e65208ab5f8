import { predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { flattenParameters, type Head, random, type StepOutputs } from '@kindred/core';
import { infoNCE } from '@kindred/losses';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { composeMethod, nnclr, type NNCLRVariant, otherView, simclr } from '../src/index.js';
import { dot, nearestByLoops, ntXentByLoops, rows, rowsByLoops, tensor, unit } from './support.js';

const stream = random(3);
const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4, 8], blocks: [1, 1], channels: 1, random: stream });
const projector = projectionHead({ input: 8, layers: [8, 4], batchNorm: 'all', random: stream.fork('p') });
const predictor = predictionHead({ input: 4, hidden: 8, output: 4, random: stream.fork('q') });
const views = (n = 6): tf.Tensor4D[] => [1, 2].map((seed) => tf.tensor4d(rows(seed, n, 64).flat(), [n, 8, 8, 1]));
const temperature = 0.3;

/** A step as if the networks had given these numbers. */
const step = { z1: rows(11, 6, 4), z2: rows(12, 6, 4), p1: rows(13, 6, 4), p2: rows(14, 6, 4) };
const outputs = (): StepOutputs => ({
  projections: [tensor(step.z1), tensor(step.z2)],
  predictions: [tensor(step.p1), tensor(step.p2)],
  step: 0,
  sampleIds: Int32Array.from({ length: 6 }, (_, i) => i),
});
const queue = rows(15, 16, 4);
const filled = (): ReturnType<typeof supportSet> => {
  const support = supportSet({ capacity: 16, dimension: 4, initial: 'empty' });
  support.enqueue(tensor(queue), new Int32Array(16).fill(-1));
  return support;
};

describe('SimCLR', () => {
  test('its loss is NT-Xent of the two projections', () => {
    const method = simclr({ encoder, projector, temperature });
    expect(method.loss(outputs()).arraySync()).toBeCloseTo(ntXentByLoops(step.z1, step.z2, temperature), 4);
  });

  test('of four views each row picks its sample’s three others out of all others', () => {
    const views = [1, 2, 3, 4].map((seed) => rows(seed, 6, 4));
    const all = views.flat().map(unit);
    const terms = all.map((row, i) => {
      const scores = all.map((other) => dot(row, other) / temperature);
      const others = scores.filter((_, k) => k !== i).reduce((sum, s) => sum + Math.exp(s), 0);
      const own = scores.filter((_, k) => k !== i && k % 6 === i % 6);
      return Math.log(others) - own.reduce((sum, s) => sum + s, 0) / 3;
    });
    const method = simclr({ encoder, projector, temperature });
    const loss = method.loss({ projections: views.map(tensor), step: 0, sampleIds: new Int32Array(6) }).arraySync();
    expect(loss).toBeCloseTo(terms.reduce((sum, x) => sum + x, 0) / 24, 4);
  });
});

describe('NNCLR', () => {
  const loss = (variant: NNCLRVariant): number =>
    nnclr({ encoder, projector, ...(variant !== 'keras' && { predictor }), support: filled(), temperature, variant }).loss(outputs()).arraySync();
  const [n1, n2] = [nearestByLoops(step.z1, queue), nearestByLoops(step.z2, queue)];

  test('paper: ½ of NN(z1) against p2 and ½ of NN(z2) against p1, rows only', () => {
    const expected = (rowsByLoops(n1, step.p2, temperature) + rowsByLoops(n2, step.p1, temperature)) / 2;
    expect(loss('paper')).toBeCloseTo(expected, 4);
  });

  test('lightly: the same pairs under NT-Xent over 2N', () => {
    const expected = (ntXentByLoops(n1, step.p2, temperature) + ntXentByLoops(n2, step.p1, temperature)) / 2;
    expect(loss('lightly')).toBeCloseTo(expected, 4);
  });

  test('it tells what the last step took as positives; SimCLR has nothing to tell', () => {
    const method = nnclr({ encoder, projector, predictor, support: filled(), temperature });
    expect(method.chosen!()).toBeUndefined();
    method.update(outputs());
    expect(method.chosen!()!.sampleIds).toEqual(outputs().sampleIds);
    expect(simclr({ encoder, projector, temperature }).chosen).toBeUndefined();
  });

  test('keras: rows and columns of NN(z1) against z2 and NN(z2) against z1', () => {
    const both = (a: number[][], b: number[][]): number => (rowsByLoops(a, b, temperature) + rowsByLoops(b, a, temperature)) / 2;
    expect(loss('keras')).toBeCloseTo((both(n1, step.z2) + both(n2, step.z1)) / 2, 4);
  });

  test('a share of the loss may stay with the other view, and the prediction head may be left out', () => {
    const own = (rowsByLoops(step.z1, step.p2, temperature) + rowsByLoops(step.z2, step.p1, temperature)) / 2;
    const half = nnclr({ encoder, projector, predictor, support: filled(), temperature, share: 0.5 });
    expect(half.loss(outputs()).arraySync()).toBeCloseTo((loss('paper') + own) / 2, 4);
    const without = nnclr({ encoder, projector, predictor: 'none', support: filled(), temperature });
    expect(Object.keys(without.parameters())).toEqual(['encoder', 'projector']);
    expect(without.loss(outputs()).arraySync()).toBeCloseTo((rowsByLoops(n1, step.z2, temperature) + rowsByLoops(n2, step.z1, temperature)) / 2, 4);
    const blend = nnclr({ encoder, projector, predictor: 'none', support: filled(), temperature, variant: 'lightly', share: 0.25 });
    const neighbors = (ntXentByLoops(n1, step.z2, temperature) + ntXentByLoops(n2, step.z1, temperature)) / 2;
    expect(blend.loss(outputs()).arraySync()).toBeCloseTo(0.25 * neighbors + 0.75 * ntXentByLoops(step.z1, step.z2, temperature), 4);
  });

  test('with directions once the neighbours of the first view alone are taken', () => {
    const once = nnclr({ encoder, projector, predictor, support: filled(), temperature, directions: 'once' });
    expect(once.loss(outputs()).arraySync()).toBeCloseTo(rowsByLoops(n1, step.p2, temperature), 4);
  });

  test('the gradient of the paper reaches p, and never z through its neighbour', () => {
    const method = nnclr({ encoder, projector, predictor, support: filled(), temperature });
    const [dz, dp] = tf.grads((z, p) =>
      tf.add(
        method.loss({ ...outputs(), projections: [z as tf.Tensor2D, tensor(step.z2)], predictions: [tensor(step.p1), p as tf.Tensor2D] }),
        tf.mul(tf.sum(z), 0),
      ),
    )([tensor(step.z1), tensor(step.p2)]);
    expect(Math.max(...tf.abs(dz!).dataSync())).toBe(0);
    const h = 1e-4;
    step.p2.forEach((row, i) =>
      row.forEach((x, j) => {
        const at = (value: number): number => rowsByLoops(n1, step.p2.map((r, k) => (k === i ? r.map((y, l) => (l === j ? value : y)) : r)), temperature) / 2;
        expect((dp!.arraySync() as number[][])[i]![j]!).toBeCloseTo((at(x + h) - at(x - h)) / (2 * h), 4);
      }),
    );
  });

  test('keras: value and gradient of the example’s own formula, 4N of its terms, as TensorFlow differentiates it', () => {
    const support = supportSet({ capacity: 2, dimension: 2 });
    support.enqueue(tensor([[0.8, 0.6], [-0.6, 0.8]]), Int32Array.of(-1, -1));
    const plane = { dimension: 2, apply: (x: tf.Tensor2D) => x, parameters: () => ({}), buffers: () => ({}) };
    const method = nnclr({ encoder, projector: plane, support, temperature: 1, variant: 'keras' });
    const lossOf = (z1: tf.Tensor, z2: tf.Tensor): tf.Tensor => tf.mul(method.loss({ ...outputs(), projections: [z1 as tf.Tensor2D, z2 as tf.Tensor2D] }), 8);
    const [z1, z2] = [tensor([[1, 0], [0, 1]]), tensor([[0.6, 0.8], [-0.8, 0.6]])];
    expect(lossOf(z1, z2).dataSync()[0]).toBeCloseTo(2.965176, 5);
    const [dz1, dz2] = tf.grads(lossOf)([z1, z2]).map((gradient) => [...gradient.dataSync()]);
    [0, -0.25152, 1.96113, 0].forEach((x, i) => expect(dz1![i]).toBeCloseTo(x, 4));
    [-1.48896, 1.11672, -0.00425, -0.00567].forEach((x, i) => expect(dz2![i]).toBeCloseTo(x, 4));
  });

  test('that starts with an empty set takes the other view until the set can answer, and counts such steps', () => {
    const support = supportSet({ capacity: 6, dimension: 4 });
    const method = nnclr({ encoder, projector, predictor, support, temperature });
    const plain = (rowsByLoops(step.z1, step.p2, temperature) + rowsByLoops(step.z2, step.p1, temperature)) / 2;
    expect(method.loss(outputs()).arraySync()).toBeCloseTo(plain, 4);
    method.update(outputs());
    expect(method.diagnostics()['stepsWithoutNeighbors']).toBe(1);
    const [own1, own2] = [nearestByLoops(step.z1, step.z1), nearestByLoops(step.z2, step.z1)];
    const through = (rowsByLoops(own1, step.p2, temperature) + rowsByLoops(own2, step.p1, temperature)) / 2;
    expect(method.loss(outputs()).arraySync()).toBeCloseTo(through, 4);
  });

  test('messages', () => {
    expect(() => nnclr({ encoder, projector, support: filled(), temperature })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: composeMethod.nnclr.strategy: received "none", expected parts that make predictions, which throughNeighbors(otherView) needs. Give a predictor, for instance predictionHead().]`,
    );
    expect(() => nnclr({ encoder, projector, predictor, support: filled(), temperature, variant: 'keras' })).toThrowErrorMatchingInlineSnapshot(
      `[StateError: nnclr: the variant keras has no prediction head, one was given. Leave predictor out.]`,
    );
    expect(() => nnclr({ encoder, projector, predictor, support: filled(), temperature, variant: 'mine' as never })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: nnclr.variant: received "mine", expected paper, lightly, keras.]`,
    );
    const other = supportSet({ capacity: 16, dimension: 8, initial: 'empty' });
    expect(() => nnclr({ encoder, projector, predictor, support: other, temperature })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: nnclr.support: received 8, expected dimension 4, the projector's.]`,
    );
  });

  test('its positives may be the mean of several neighbours', () => {
    const [a, b] = (['top-1', 'top-k'] as const).map((kind) => {
      const support = filled();
      const neighbors = kind === 'top-1' ? { kind } : { kind, k: 3 };
      return { loss: nnclr({ encoder, projector, predictor, support, temperature, neighbors }).loss(outputs()).arraySync(), support };
    });
    const mean = (z: number[][]): number[][] => tf.tidy(() => b!.support.nearest(tensor(z), { neighbors: { kind: 'top-k', k: 3 } }).arraySync());
    expect(b!.loss).toBeCloseTo((rowsByLoops(mean(step.z1), step.p2, temperature) + rowsByLoops(mean(step.z2), step.p1, temperature)) / 2, 4);
    expect(a!.loss).not.toBeCloseTo(b!.loss, 2);
  });
});

describe('composeMethod', () => {
  const parts = { name: 'mine', encoder, projector, strategy: otherView({ directions: 'both' as const }), loss: infoNCE({ temperature }) };

  test('names parameters and buffers by part, the predictor only where there is one', () => {
    const names = Object.keys(flattenParameters(composeMethod({ ...parts, predictor }).parameters()));
    expect(names.some((name) => name.startsWith('encoder.conv1.'))).toBe(true);
    expect(names.some((name) => name.startsWith('predictor.'))).toBe(true);
    expect(Object.keys(composeMethod(parts).parameters())).toEqual(['encoder', 'projector']);
  });

  test('joint and separate passes agree in eval mode and differ in their batch statistics in train mode', () => {
    const values = (forward: 'joint' | 'separate', mode: 'train' | 'eval'): number[][] =>
      composeMethod({ ...parts, forward }).forward(views(), mode).projections.map((z) => [...z.dataSync()]);
    const [joint, separate] = [values('joint', 'eval'), values('separate', 'eval')];
    joint.flat().forEach((x, i) => expect(x).toBeCloseTo(separate.flat()[i]!, 4));
    const difference = values('joint', 'train').flat().map((x, i) => Math.abs(x - values('separate', 'train').flat()[i]!));
    expect(Math.max(...difference)).toBeGreaterThan(1e-2);
  });

  test('a gradient flows through a joint pass of one view, and of one view of its size', () => {
    const method = composeMethod({ ...parts, forward: 'joint' });
    const [first, second] = views() as [tf.Tensor4D, tf.Tensor4D];
    const small = tf.slice(second, [0, 0, 0, 0], [-1, 4, 4, -1]) as tf.Tensor4D;
    const variables = Object.values(flattenParameters(method.parameters()));
    for (const some of [[first], [first, small, small]]) {
      const { grads } = tf.variableGrads(() => tf.sum(tf.concat([...method.forward(some, 'train').projections], 0)), variables);
      expect(Object.keys(grads).length).toBe(variables.length);
    }
  });

  test('a strategy that chooses no pairs is an error, never a loss of 0', () => {
    const none = { ...parts.strategy, select: () => [] };
    expect(() => composeMethod({ ...parts, strategy: none }).loss(outputs())).toThrowErrorMatchingInlineSnapshot(
      `[StateError: mine.loss: the strategy chose no pairs. It must choose at least one.]`,
    );
  });

  test('weights scale each pair of the loss', () => {
    const uneven = { ...parts.strategy, select: (o: StepOutputs) => parts.strategy.select(o).map((pair, i) => ({ ...pair, weight: i === 0 ? 3 : 0 })) };
    expect(composeMethod({ ...parts, strategy: uneven }).loss(outputs()).arraySync()).toBeCloseTo(3 * rowsByLoops(step.z1, step.z2, temperature), 4);
  });

  test('a projector of another dimension is named when it is applied', () => {
    const wide: Head = projectionHead({ input: 9, layers: [4], batchNorm: 'none', random: stream });
    expect(() => composeMethod({ ...parts, projector: wide }).forward(views(), 'eval')).toThrow();
  });
});
