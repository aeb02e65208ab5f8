import { projectionHead, smallResNet } from '@kindred/backbones';
import { random } from '@kindred/core';
import { batchHard, infoNCE, tripletMargin } from '@kindred/losses';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { composeMethod, hardNegatives, otherView, throughNeighbors, withLabels } from '../src/index.js';
import { outputs, strategyContract } from './contract.js';
import { dot, rows, tensor, unit } from './support.js';

const support = (capacity = 12): ReturnType<typeof supportSet> => supportSet({ capacity, dimension: 4, initial: 'random', random: random(9) });
const inner = otherView({ directions: 'both' });

strategyContract('hardNegatives', () => hardNegatives(inner, support(), { k: 3 }));
strategyContract('hardNegatives of targets, around neighbours in another set', () =>
  hardNegatives(throughNeighbors(inner, support()), support(16), { k: 2, enqueue: 'targets' }),
);

/** Rows of steps 1 and 2, with the samples that they are of. */
const stored = [1, 2].flatMap((seed) => rows(seed, 6, 4).map((row, i) => ({ row: unit(row), id: seed * 6 + i })));
const holding = (): ReturnType<typeof supportSet> => {
  const set = supportSet({ capacity: 12, dimension: 4 });
  set.enqueue(tensor(stored.map(({ row }) => row)), Int32Array.from(stored, ({ id }) => id));
  return set;
};
const nearest = (query: number[], self: number | undefined, k: number): number[][] =>
  stored
    .filter(({ id }) => id !== self)
    .sort((a, b) => dot(unit(query), b.row) - dot(unit(query), a.row))
    .slice(0, k)
    .map(({ row }) => row);

describe('hardNegatives', () => {
  test('each anchor of each pair gets its k most similar rows of other samples', () => {
    // step 2 once more: without excludeSelf each anchor of the first view finds itself
    for (const excludeSelf of [true, false]) {
      const pairs = hardNegatives(inner, holding(), { k: 3, excludeSelf }).select(outputs(2));
      [rows(2, 6, 4), rows(3, 6, 4)].forEach((view, v) => {
        const got = pairs[v]!.ownNegatives!.arraySync() as number[][][];
        view.forEach((row, i) => {
          const expected = nearest(row, excludeSelf ? 12 + i : undefined, 3);
          got[i]!.forEach((found, j) => found.forEach((x, d) => expect(x).toBeCloseTo(expected[j]![d]!, 5)));
        });
      });
    }
  });

  test('the first view is enqueued after the step', () => {
    const set = supportSet({ capacity: 12, dimension: 4 });
    const strategy = hardNegatives(inner, set, { k: 2 });
    strategy.update(outputs(1));
    strategy.select(outputs(2));
    expect(set.filled).toBe(6);
    strategy.update(outputs(2));
    expect([...set.entries().sampleIds].sort((a, b) => a - b)).toEqual(stored.map(({ id }) => id));
  });

  test('no gradient flows into the rows, and that of the anchors is the loss’s', () => {
    const strategy = hardNegatives(otherView({ directions: 'once' }), holding(), { k: 1 });
    const z = rows(4, 6, 4);
    const weights = tensor(rows(5, 6, 4));
    const gradient = tf.grad((x) => {
      const [pair] = strategy.select({ projections: [x as tf.Tensor2D, tensor(rows(6, 6, 4))], step: 0, sampleIds: new Int32Array(6) });
      return tf.sum(tf.mul(pair!.anchors, tf.add(weights, tf.mul(tf.reshape(pair!.ownNegatives!, [6, 4]), 0))));
    })(tensor(z));
    expect([...gradient.dataSync()]).toEqual([...weights.dataSync()]);
  });

  test('it says how near they are, and how many are of the anchor’s class', () => {
    const set = supportSet({ capacity: 2, dimension: 4 });
    set.enqueue(tensor([[1, 0, 0, 0], [0, 1, 0, 0]]), Int32Array.of(50, 51), Int32Array.of(0, 1));
    const strategy = hardNegatives(otherView({ directions: 'once' }), set, { k: 2 });
    const view = tensor([[1, 0, 0, 0], [0, 1, 0, 0]]);
    strategy.update({ projections: [view, view], step: 0, sampleIds: Int32Array.of(1, 2), labels: Int32Array.of(0, 0) });
    expect(strategy.diagnostics!()).toEqual({ hardNegativeSimilarity: 0.5, hardNegativePurity: 0.5 });
  });

  test('triplets meet the hardest of batch and set; InfoNCE has them as candidates beside the batch', () => {
    const stream = random(3);
    const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: stream });
    const projector = projectionHead({ input: 8, layers: [4], batchNorm: 'none', random: stream.fork('p') });
    const parts = { name: 'mine', encoder, projector };
    const step = outputs(2);
    const views = [rows(2, 6, 4), rows(3, 6, 4)].map((view) => view.map(unit));
    const mean = (terms: number[]): number => terms.reduce((sum, x) => sum + x, 0) / terms.length;
    const candidates = (v: number, i: number): number[] => {
      const batch = views[1 - v]!.filter((_, j) => j !== i);
      return [...batch, ...nearest(views[v]![i]!, 12 + i, 2)].map((row) => dot(views[v]![i]!, row));
    };
    const each = (term: (own: number, others: number[]) => number): number =>
      mean([0, 1].flatMap((v) => views[v]!.map((row, i) => term(dot(row, views[1 - v]![i]!), candidates(v, i)))));

    const triplets = composeMethod({ ...parts, strategy: hardNegatives(inner, holding(), { k: 2 }), loss: tripletMargin({ margin: 0.5, distance: 'cosine', miner: batchHard() }) });
    expect(triplets.loss(step).arraySync()).toBeCloseTo(each((own, others) => Math.max(0, Math.max(...others) - own + 0.5)), 5);
    const contrast = composeMethod({ ...parts, strategy: hardNegatives(inner, holding(), { k: 2 }), loss: infoNCE({ temperature: 0.5 }) });
    const entropy = (own: number, others: number[]): number => Math.log([own, ...others].reduce((sum, s) => sum + Math.exp(s / 0.5), 0)) - own / 0.5;
    expect(contrast.loss(step).arraySync()).toBeCloseTo(each(entropy), 5);
  });

  test('with labels positives are the class, negatives the other classes of batch and set', () => {
    const strategy = withLabels(hardNegatives(inner, holding(), { k: 2 }));
    const [pair] = strategy.select(outputs(2));
    expect(Number.isFinite(tripletMargin({ margin: 1, distance: 'euclidean', miner: batchHard() })(pair!).dataSync()[0])).toBe(true);
    expect(pair!.labels).toEqual(outputs(2).labels);
  });

  test('while the set has too few rows for an anchor, pairs stay as they are', () => {
    const few = supportSet({ capacity: 6, dimension: 4 });
    const strategy = hardNegatives(inner, few, { k: 3 });
    expect(strategy.select(outputs(2)).map(({ ownNegatives }) => ownNegatives)).toEqual([undefined, undefined]);
    few.enqueue(tensor(rows(1, 4, 4)), Int32Array.of(1, 2, 12, 4)); // of 12 itself three others are left
    expect(strategy.select(outputs(2)).map(({ ownNegatives }) => ownNegatives?.shape)).toEqual([[6, 3, 4], [6, 3, 4]]);
    few.enqueue(tensor(rows(2, 2, 4)), Int32Array.of(13, 13));
    expect(strategy.select(outputs(2)).map(({ ownNegatives }) => ownNegatives?.shape)).toEqual([[6, 3, 4], [6, 3, 4]]);
  });

  test('messages', () => {
    expect(() => hardNegatives(inner, support(), { k: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: hardNegatives.k: received 0, expected a whole number above 0.]`);
  });
});
