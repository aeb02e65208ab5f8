import { projectionHead, smallResNet } from '@kindred/backbones';
import { type NamedTensors, type PositiveStrategy, random, type StepOutputs, restoreState } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { clusterMemory, type ClusterMemoryOptions, deepClusterV2, sphericalKMeans } from '../src/index.js';
import { outputs, strategyContract } from './contract.js';
import { dot, rows, tensor, unit } from './support.js';

const base = { samples: 30, dimension: 4, clusters: [3, 5], iterations: 4, everySteps: 2, random: random(3) };
const bare = (options: Partial<ClusterMemoryOptions> = {}): PositiveStrategy => clusterMemory({ ...base, ...options });
/** The steps of seeds 0..4 are samples 0..29. */
function prepared(strategy: Pick<PositiveStrategy, 'firstPass'> = bare(), seeds = [0, 1, 2, 3, 4]): void {
  const preparation = strategy.firstPass!()!;
  seeds.forEach((seed) => preparation.observe(outputs(seed)));
  preparation.finish();
}
const ready = (options: Partial<ClusterMemoryOptions> = {}): PositiveStrategy => {
  const strategy = bare(options);
  prepared(strategy);
  return strategy;
};

strategyContract('clusterMemory', () => ready());
strategyContract('clusterMemory of one view, clustered at every step', () => ready({ assignViews: 1, everySteps: 1, clusters: [4] }));

const matrix = (state: NamedTensors, name: string): number[][] => {
  const { shape, values } = state[name]!;
  return Array.from({ length: shape[0]! }, (_, i) => [...values.subarray(i * (shape[1] ?? 1), (i + 1) * (shape[1] ?? 1))]);
};
const list = (state: NamedTensors, name: string): number[] => [...state[name]!.values];
const stepOf = (views: number[][][], sampleIds: number[]): StepOutputs => ({ step: 0, projections: views.map(tensor), sampleIds: Int32Array.from(sampleIds) });

/** The authors' loss: over heads the mean of the cross-entropy over all rows of all views whose sample has a cluster. */
function lossByLoops(views: number[][][], sampleIds: number[], state: NamedTensors, heads: number, temperature: number): number {
  let total = 0;
  for (let h = 0; h < heads; h++) {
    const centroids = matrix(state, `head.${h}.centroids`);
    const clusters = list(state, `head.${h}.assignments`);
    const terms = views.flatMap((view) =>
      view.flatMap((row, n) => {
        const cluster = clusters[sampleIds[n]!]!;
        if (cluster < 0) return [];
        const logits = centroids.map((c) => dot(unit(row), c) / temperature);
        return [Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[cluster]!];
      }),
    );
    total += terms.reduce((sum, x) => sum + x, 0) / terms.length / heads;
  }
  return total;
}

const stream = random(1);
const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: stream });
const projector = projectionHead({ input: 8, layers: [8, 4], batchNorm: 'hidden', random: stream.fork('p') });

describe('clusterMemory', () => {
  test('asks for a pass over the dataset until it has clustered, and refuses to choose before', () => {
    const strategy = bare();
    expect(() => strategy.select(outputs(1))).toThrowErrorMatchingInlineSnapshot(`[StateError: clusterMemory.select: nothing has been clustered yet. Show it the dataset before the first step: firstPass(), observe() each batch, finish().]`);
    prepared(strategy);
    expect(strategy.firstPass!()).toBeUndefined();
    const restored = bare();
    restoreState(restored, strategy.state());
    expect(restored.firstPass!()).toBeUndefined();
  });

  test('clusters are those of k-means over the projections of unit length: head 0 by the first views, head 1 by the second', () => {
    const state = ready().state();
    [0, 1].forEach((h) => {
      const bank = Float32Array.from([0, 1, 2, 3, 4].flatMap((seed) => rows(seed + h, 6, 4).map(unit)).flat());
      matrix(state, `bank.${h}.rows`).flat().forEach((x, i) => expect(x).toBeCloseTo(bank[i]!, 6));
      const given = Float32Array.from(list(state, `bank.${h}.rows`));
      const expected = sphericalKMeans(given, 4, { clusters: base.clusters[h]!, iterations: 4, random: base.random.fork('clusters', 0, h) });
      expect(list(state, `head.${h}.assignments`)).toEqual([...expected.assignments]);
      expect(list(state, `head.${h}.centroids`)).toEqual([...expected.centroids]);
    });
  });

  test('the method’s loss is the authors’, as loops over numbers, also of more views than are remembered', () => {
    const method = deepClusterV2({ ...base, encoder, projector, temperature: 0.2 });
    prepared(method);
    const state = Object.fromEntries(Object.entries(method.state()).map(([name, value]) => [name.replace('strategy.', ''), value]));
    const ids = [4, 0, 17, 29, 8];
    for (const views of [2, 5]) {
      const z = Array.from({ length: views }, (_, v) => rows(40 + v, 5, 4));
      expect(method.loss(stepOf(z, ids)).arraySync()).toBeCloseTo(lossByLoops(z, ids, state, 2, 0.2), 5);
    }
  });

  test('a sample that the pass did not show does not count, until a clustering after it was seen', () => {
    const method = deepClusterV2({ ...base, encoder, projector, temperature: 0.2 });
    prepared(method, [0, 1, 2, 3]); // samples 24..29 are missing
    const state = Object.fromEntries(Object.entries(method.state()).map(([name, value]) => [name.replace('strategy.', ''), value]));
    expect(list(state, 'head.0.assignments').slice(24)).toEqual([-1, -1, -1, -1, -1, -1]);
    expect(method.diagnostics()['clusteredSamples']).toBeCloseTo(0.8, 6);
    const z = [rows(50, 3, 4), rows(51, 3, 4)];
    expect(method.loss(stepOf(z, [25, 3, 9])).arraySync()).toBeCloseTo(lossByLoops(z, [25, 3, 9], state, 2, 0.2), 5);
    expect(() => method.loss(stepOf(z, [24, 25, 26]))).toThrowErrorMatchingInlineSnapshot(`[StateError: clusterMemory.select: none of the 3 samples has a cluster. They were not in the pass before the first step: show it all of the dataset.]`);
    method.update(outputs(4));
    expect(() => method.loss(stepOf(z, [24, 25, 26]))).toThrow('none of the 3 samples has a cluster');
    method.update(outputs(4));
    expect(method.loss(stepOf(z, [24, 25, 26])).arraySync()).toBeGreaterThan(0);
    expect(method.diagnostics()['clusteredSamples']).toBe(1);
  });

  test('each clustering starts at other rows: those of its number', () => {
    const strategy = ready({ everySteps: 1 });
    strategy.update(outputs(2));
    const state = strategy.state();
    const given = Float32Array.from(list(state, 'bank.1.rows'));
    const expected = sphericalKMeans(given, 4, { clusters: 5, iterations: 4, random: base.random.fork('clusters', 1, 1) });
    expect(list(state, 'head.1.centroids')).toEqual([...expected.centroids]);
  });

  test('clusters stay between clusterings and change with what the steps showed', () => {
    const strategy = ready();
    const centroids = (): number[] => list(strategy.state(), 'head.0.centroids');
    const first = centroids();
    strategy.update({ ...outputs(77), sampleIds: outputs(1).sampleIds });
    expect(centroids()).toEqual(first);
    strategy.update({ ...outputs(78), sampleIds: outputs(2).sampleIds });
    expect(centroids()).not.toEqual(first);
  });

  test('the gradient is that of the loss with centroids as constants', () => {
    const method = deepClusterV2({ ...base, encoder, projector, temperature: 0.5 });
    prepared(method);
    const state = Object.fromEntries(Object.entries(method.state()).map(([name, value]) => [name.replace('strategy.', ''), value]));
    const [z1, z2] = [rows(61, 3, 4), rows(62, 3, 4)];
    const ids = [1, 12, 20];
    const got = tf.grad((z) => method.loss({ projections: [z as tf.Tensor2D, tensor(z2)], step: 0, sampleIds: Int32Array.from(ids) }))(tensor(z1)).arraySync() as number[][];
    const h = 1e-5;
    z1.forEach((row, i) =>
      row.forEach((_, d) => {
        const at = (shift: number): number =>
          lossByLoops([z1.map((r, n) => r.map((x, e) => (n === i && e === d ? x + shift : x))), z2], ids, state, 2, 0.5);
        expect(got[i]![d]!).toBeCloseTo((at(h) - at(-h)) / (2 * h), 4);
      }),
    );
    expect(Object.keys(method.parameters())).toEqual(['encoder', 'projector']);
  });

  test('a state that does not fit changes nothing', () => {
    const [strategy, other] = [ready(), ready({ clusters: [3, 6] })];
    const before = strategy.state();
    expect(() => restoreState(strategy, other.state())).toThrowErrorMatchingInlineSnapshot(`[StateError: clusterMemory.check.head.1.centroids: the state holds [6, 4], this part [5, 4]. It was saved with other sizes.]`);
    const damaged = { ...other.state(), 'head.1.centroids': before['head.1.centroids']!, 'bank.1.has': { shape: [2], values: Int32Array.of(1, 1) } };
    expect(() => restoreState(strategy, damaged)).toThrowErrorMatchingInlineSnapshot(`[StateError: clusterMemory.check.has: the state holds [2], this part [30]. It was saved with other sizes.]`);
    expect(strategy.state()).toEqual(before);
  });

  test('messages', () => {
    expect(() => bare({ clusters: [] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: clusterMemory.clusters: received [], expected at least one head.]`);
    expect(() => bare({ clusters: [3, 31] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: clusterMemory.clusters: received 31, expected at most 30 clusters, the samples.]`);
    expect(() => bare({ clusters: [2, 0] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: clusterMemory.clusters[1]: received 0, expected a whole number above 0.]`);
    expect(() => bare({ everySteps: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: clusterMemory.everySteps: received 0, expected a whole number above 0.]`);
    expect(() => prepared(bare({ clusters: [8] }), [0])).toThrowErrorMatchingInlineSnapshot(`[StateError: clusterMemory: 6 samples have been seen, 8 clusters need as many. Take fewer clusters, or show it more of the dataset.]`);
    expect(() => prepared(bare(), [5])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: clusterMemory.sampleIds: received 30, expected numbers of 0..29, the samples. Set samples to the dataset's size.]`);
    expect(() => bare().firstPass!()!.observe(outputs(0, { views: 1 }))).toThrowErrorMatchingInlineSnapshot(`[StateError: clusterMemory.observe: the step has 1 views, at least 2 are needed. Give one augmentation a view.]`);
    expect(() => bare().firstPass!()!.observe(outputs(0, { d: 3 }))).toThrowErrorMatchingInlineSnapshot(`[ShapeError: clusterMemory.observe: projections[0] is [6, 3], expected [6, 4]. The projector is of another dimension.]`);
    expect(() => bare().firstPass!()!.observe({ ...outputs(0), projections: [tf.fill([6, 4], NaN), tf.ones([6, 4])] as tf.Tensor2D[] })).toThrowErrorMatchingInlineSnapshot(`[DivergenceError: clusterMemory: the projections hold NaN or ∞. Lower the learning rate.]`);
  });
});
