import { defineStrategy, random } from '@kindred/core';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { otherView, throughNeighbors, type ThroughNeighborsOptions, unitRows } from '../src/index.js';
import { outputs, strategyContract } from './contract.js';
import { dot, nearestByLoops, rows, tensor, unit } from './support.js';

const support = (capacity = 8): ReturnType<typeof supportSet> =>
  supportSet({ capacity, dimension: 4, initial: 'random', random: random(9) });
const inner = otherView({ positives: 'predictions', directions: 'both' });

strategyContract('throughNeighbors', () => throughNeighbors(inner, support()));
strategyContract('throughNeighbors, straight-through and without self', () =>
  throughNeighbors(otherView({ directions: 'both' }), support(16), { gradient: 'straight-through', excludeSelf: true }),
);
strategyContract('throughNeighbors, anchors by a soft mean of four', () =>
  throughNeighbors(inner, support(), { neighbors: { kind: 'soft', k: 4, temperature: 0.1 } }),
);
strategyContract('throughNeighbors, positives by the three nearest', () =>
  throughNeighbors(otherView({ directions: 'both', anchors: 'predictions', positives: 'targets' }), support(), {
    replace: 'positives',
    neighbors: { kind: 'top-k', k: 3 },
  }),
);
strategyContract('throughNeighbors, found by features', () =>
  throughNeighbors(inner, support(), { features: support(), excludeSelf: true, neighbors: { kind: 'top-k', k: 2 } }),
);
strategyContract('throughNeighbors, a share that grows', () => throughNeighbors(inner, support(), { share: (step) => step / 4 }));

describe('throughNeighbors', () => {
  test('anchors become their nearest rows of earlier steps, positives stay', () => {
    const set = supportSet({ capacity: 12, dimension: 4, initial: 'empty' });
    const strategy = throughNeighbors(inner, set);
    strategy.update(outputs(1));
    strategy.update(outputs(2));
    const step = outputs(3);
    const [pair] = strategy.select(step);
    const queue = [rows(1, 6, 4), rows(2, 6, 4)].flat();
    const expected = nearestByLoops(rows(3, 6, 4), queue);
    (pair!.anchors.arraySync() as number[][]).forEach((row, i) => row.forEach((x, j) => expect(x).toBeCloseTo(expected[i]![j]!, 5)));
    expect(pair!.positives).toBe(step.predictions![1]);
  });

  test('the first view of a step is enqueued after it, and both look-ups saw the older rows', () => {
    const set = supportSet({ capacity: 12, dimension: 4, initial: 'empty' });
    const strategy = throughNeighbors(inner, set);
    strategy.update(outputs(1));
    expect(set.filled).toBe(6);
    strategy.select(outputs(2));
    expect(set.filled).toBe(6);
    strategy.update(outputs(2));
    expect(set.filled).toBe(12);
    expect([...set.entries().sampleIds].sort((a, b) => a - b)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
  });

  test('it tells which samples it took for the first view, also where several rows are mixed or the positives are replaced', () => {
    const set = (): ReturnType<typeof supportSet> => {
      const empty = supportSet({ capacity: 12, dimension: 4, initial: 'empty' });
      empty.enqueue(tensor(rows(1, 6, 4)), outputs(1).sampleIds);
      return empty;
    };
    const queue = rows(1, 6, 4).map(unit);
    const step = outputs(2);
    const expected = (queries: number[][]): { ids: number[]; cosines: number[] } => {
      const scores = queries.map((query) => queue.map((row) => dot(unit(query), row)));
      const cosines = scores.map((each) => Math.max(...each));
      return { ids: scores.map((each, i) => 6 + each.indexOf(cosines[i]!)), cosines };
    };
    const cases: [ThroughNeighborsOptions, number][] = [[{}, 2], [{ neighbors: { kind: 'top-k', k: 3 } }, 2], [{ replace: 'positives' }, 103]];
    for (const [options, seed] of cases) {
      const strategy = throughNeighbors(inner, set(), options);
      strategy.update(step);
      const { ids, cosines } = expected(rows(seed, 6, 4)); // z1, z1, and p2, the positive of z1
      const { neighborIds, similarities } = strategy.chosen!()!;
      expect([...neighborIds]).toEqual(ids);
      cosines.forEach((cosine, i) => expect(similarities[i]).toBeCloseTo(cosine, 5));
    }
    const noise = throughNeighbors(inner, support());
    noise.update(step);
    expect([...noise.chosen!()!.neighborIds]).toEqual([-1, -1, -1, -1, -1, -1]);
  });

  test('no gradient flows through a neighbour, and with straight-through that of the embedding does', () => {
    const z = rows(5, 6, 4);
    const gradient = (kind: 'stop' | 'straight-through'): number[][] => {
      const strategy = throughNeighbors(otherView({ directions: 'both' }), support(), { gradient: kind });
      const weights = tensor(rows(6, 6, 4));
      return tf.grad((x) => {
        const projections = [x as tf.Tensor2D, tensor(rows(7, 6, 4))];
        const [pair] = strategy.select({ projections, step: 0, sampleIds: new Int32Array(6) });
        // the positives keep the scalar connected to x where the neighbour does not
        return tf.add(tf.sum(tf.mul(pair!.anchors, weights)), tf.mul(tf.sum(x), 0));
      })(tensor(z)).arraySync() as number[][];
    };
    gradient('stop').flat().forEach((x) => expect(x).toBe(0));
    // the gradient of x / |x|: (w − u (u·w)) / |x|
    const through = gradient('straight-through');
    z.forEach((row, i) => {
      const [u, w] = [unit(row), rows(6, 6, 4)[i]!];
      const along = u.reduce((sum, x, j) => sum + x * w[j]!, 0);
      row.forEach((_, j) => expect(through[i]![j]!).toBeCloseTo((w[j]! - u[j]! * along) / Math.hypot(...row), 4));
    });
  });

  test('found by features: the positive is the projection that was stored with the nearest feature, of the view that the anchors are of', () => {
    const set = supportSet({ capacity: 12, dimension: 4, initial: 'empty' });
    const features = supportSet({ capacity: 12, dimension: 4, initial: 'empty' });
    const strategy = throughNeighbors(inner, set, { features });
    expect(strategy.needs).toEqual(['predictions', 'features']);
    strategy.update(outputs(1));
    strategy.update(outputs(2));
    const [stored, keys] = [0, 300].map((offset) => [...rows(1 + offset, 6, 4), ...rows(2 + offset, 6, 4)].map(unit));
    const pairs = strategy.select(outputs(5));
    [305, 306].forEach((seed, view) => {
      const expected = rows(seed, 6, 4).map((query) => {
        const scores = keys!.map((key) => dot(unit(query), key));
        return stored![scores.indexOf(Math.max(...scores))]!;
      });
      (pairs[view]!.anchors.arraySync() as number[][]).forEach((row, i) => row.forEach((x, j) => expect(x).toBeCloseTo(expected[i]![j]!, 5)));
    });
    strategy.update(outputs(5));
    expect(Object.keys(strategy.diagnostics!())).toContain('neighborPurity');
    // of the positives' side it is the other view
    const [pair] = throughNeighbors(inner, set, { features, replace: 'positives', enqueue: 'projections' }).select(outputs(5));
    expect(pair!.positives.arraySync()).not.toEqual(pairs[0]!.anchors.arraySync());
  });

  test('with excludeSelf a sample never finds itself, without it does', () => {
    const self = (excludeSelf: boolean): number | undefined => {
      const set = supportSet({ capacity: 12, dimension: 4, initial: 'empty' });
      const strategy = throughNeighbors(inner, set, { excludeSelf });
      strategy.update(outputs(1));
      strategy.update(outputs(1));
      return strategy.diagnostics!()['selfHits'];
    };
    expect(self(true)).toBe(0);
    expect(self(false)).toBeGreaterThan(0);
  });

  test('a share of the weight goes to neighbours, the rest stays where it was; of nothing there is no pair', () => {
    const pairs = (share: ThroughNeighborsOptions['share'], step = 3): { weight: number; anchors: number[][] }[] =>
      throughNeighbors(inner, support(), { ...(share !== undefined && { share }) })
        .select({ ...outputs(3), step })
        .map(({ weight, anchors }) => ({ weight, anchors: anchors.arraySync() }));
    const [own, replaced] = [pairs(0), pairs(1)];
    expect(own.map(({ anchors }) => anchors)).toEqual([rows(3, 6, 4), rows(4, 6, 4)].map((z) => tensor(z).arraySync()));
    expect(pairs(undefined)).toEqual(replaced);
    expect(pairs(0.25)).toEqual([...replaced.map((pair) => ({ ...pair, weight: 0.125 })), ...own.map((pair) => ({ ...pair, weight: 0.375 }))]);
    const grows = (step: number): number => step / 10;
    expect(pairs(grows, 0)).toEqual(own);
    expect(pairs(grows, 3).map(({ weight }) => weight)).toEqual([0.15, 0.15, 0.35, 0.35]);
    expect(pairs(grows, 10)).toEqual(replaced);
  });

  test('where neighbours have no share they are looked up all the same, so that it can be seen when they are worth one', () => {
    const strategy = throughNeighbors(inner, support(), { share: 0 });
    strategy.update(outputs(1));
    strategy.update(outputs(2));
    expect(strategy.diagnostics!()['neighborSimilarity']).toBeTypeOf('number');
    expect(strategy.chosen!()!.sampleIds).toEqual(outputs(2).sampleIds);
  });

  test('messages', () => {
    expect(() => throughNeighbors(inner, support(), { share: 1.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: throughNeighbors.share: received 1.5, expected a number of 0..1.]`);
    expect(() => throughNeighbors(inner, support(), { share: (step) => -step }).select(outputs(3))).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: throughNeighbors.share at step 3: received -3, expected a number of 0..1.]`);
    expect(() => throughNeighbors(inner, support(), { features: support(9) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: throughNeighbors.features: received 9, expected a capacity of 8, that of the support set.]`);
    expect(() => throughNeighbors(unitRows(otherView({ directions: 'both' })), support(), { features: support() }).select({ ...outputs(3), features: undefined as never })).toThrowErrorMatchingInlineSnapshot(`[StateError: throughNeighbors: the step has no features. Give the method what makes features.]`);
    const blind = defineStrategy({ name: 'blind', select: ({ projections: [anchors, positives] }) => [{ anchors: anchors!, positives: positives!, weight: 1 }] });
    expect(() => throughNeighbors(blind, support(), { features: support() }).select(outputs(3))).toThrowErrorMatchingInlineSnapshot(`[StateError: throughNeighbors.select: the pairs of blind do not say which views they are of. Take otherView, or look up projections.]`);
    expect(() => throughNeighbors(inner, support(), { replace: 'both' as never })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: throughNeighbors.replace: received "both", expected 'anchors' or 'positives'.]`,
    );
    expect(() => throughNeighbors(inner, support(), { gradient: 'yes' as never })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: throughNeighbors.gradient: received "yes", expected 'stop' or 'straight-through'.]`,
    );
  });
});
