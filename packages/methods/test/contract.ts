/** What every positive strategy keeps, run by each of them. */
import { count, counters, defineStrategy, type NamedTensors, type PositiveStrategy, readParameters, restoreState, type StepOutputs, writeParameters } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { rows, tensor } from './support.js';

/** A step's outputs with all that a strategy may need, of generic numbers. */
export function outputs(seed: number, { n = 6, d = 4, views = 2 } = {}): StepOutputs {
  const each = (offset: number): tf.Tensor2D[] => Array.from({ length: views }, (_, v) => tensor(rows(seed + offset + v, n, d)));
  return {
    projections: each(0),
    predictions: each(100),
    targets: each(200),
    features: each(300),
    step: seed,
    sampleIds: Int32Array.from({ length: n }, (_, i) => seed * n + i),
    labels: Int32Array.from({ length: n }, (_, i) => i % 3),
  };
}

const values = (strategy: PositiveStrategy, step: StepOutputs): unknown =>
  strategy.select(step).map(({ anchors, positives, negatives, ownNegatives, furtherViews = [], weight }) => [
    ...[anchors, positives, negatives, ownNegatives, ...furtherViews].map((tensor) => tensor?.arraySync()),
    weight,
  ]);

/** Runs the contract. `make` gives a fresh strategy for embeddings of length 4. */
export function strategyContract(name: string, make: () => PositiveStrategy): void {
  describe(`${name} keeps the contract of strategies:`, () => {
    test('it chooses at least one pair, of fitting shapes, with weights that sum to 1', () => {
      const strategy = make();
      strategy.update(outputs(1));
      const pairs = strategy.select(outputs(2));
      expect(pairs.length).toBeGreaterThan(0);
      for (const { anchors, positives } of pairs) expect(positives.shape).toEqual(anchors.shape);
      expect(pairs.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    });

    test('choosing is pure: it chooses the same again, and what is saved and told stays as it was', () => {
      const strategy = make();
      strategy.update(outputs(1));
      const [state, told, chosen] = [strategy.state(), strategy.diagnostics?.(), strategy.chosen?.()];
      const step = outputs(2);
      const first = values(strategy, step);
      expect(values(strategy, step)).toEqual(first);
      expect(values(strategy, outputs(2))).toEqual(first);
      expect([strategy.state(), strategy.diagnostics?.(), strategy.chosen?.()]).toEqual([state, told, chosen]);
    });

    test('an update is the same whether and however often pairs were asked for before', () => {
      const [asked, unasked] = [make(), make()];
      for (const strategy of [asked, unasked]) strategy.update(outputs(1));
      const step = outputs(2);
      for (let i = 0; i < 3; i++) tf.tidy(() => void asked.select(step));
      for (const strategy of [asked, unasked]) strategy.update(step);
      expect(asked.state()).toEqual(unasked.state());
      expect(asked.diagnostics?.()).toEqual(unasked.diagnostics?.());
    });

    test('a state with any of its values damaged, missing or too many is refused, and then nothing has changed', () => {
      const [strategy, other] = [make(), make()];
      strategy.update(outputs(1));
      other.update(outputs(2));
      other.update(outputs(3));
      const [before, state] = [strategy.state(), other.state()];
      const refused = (damaged: NamedTensors): void => {
        expect(() => restoreState(strategy, damaged)).toThrow(expect.objectContaining({ name: 'StateError' }));
        expect(strategy.state()).toEqual(before);
      };
      for (const name of Object.keys(state)) {
        refused(Object.fromEntries(Object.entries(state).filter(([each]) => each !== name)));
        refused({ ...state, [name]: { shape: [7, 7, 7], values: new Float32Array(343) } });
      }
      refused({ ...state, stranger: count(1) });
      refused({ ...state, 'inner.stranger': count(1) });
    });

    test('the state of another strategy is refused', () => {
      const state = defineStrategy({ name: 'other', own: counters('other', ['turns']), select: () => [] }).state();
      expect(() => restoreState(make(), state)).toThrow(expect.objectContaining({ name: 'StateError' }));
      const strategy = make();
      if (Object.keys(strategy.state()).length > 0) expect(() => restoreState(strategy, {})).toThrow(expect.objectContaining({ name: 'StateError' }));
    });

    test('disposing frees all of it, and twice is fine', () => {
      const before = tf.memory().numTensors;
      // what a test makes on the way ends with the scope, what the strategy keeps does not
      tf.tidy(() => {
        const strategy = make();
        strategy.update(outputs(1));
        strategy.dispose();
        strategy.dispose();
      });
      expect(tf.memory().numTensors).toBe(before);
    });

    test('what it took as positives, where it tells, is one stored sample for each of the step', () => {
      const strategy = make();
      if (strategy.chosen === undefined) return;
      expect(strategy.chosen()).toBeUndefined();
      strategy.update(outputs(1));
      const step = outputs(2);
      strategy.update(step); // may overwrite the rows: what was chosen stays
      const { sampleIds, neighborIds, similarities } = strategy.chosen()!;
      expect(sampleIds).toEqual(step.sampleIds);
      expect([neighborIds.length, similarities.length]).toEqual([6, 6]);
      neighborIds.forEach((id) => expect([-1, ...outputs(1).sampleIds]).toContain(id));
      similarities.forEach((cosine) => expect(Math.abs(cosine)).toBeLessThanOrEqual(1 + 1e-6));
    });

    test('restored into a fresh part it goes on bit for bit', () => {
      const [one, other] = [make(), make()];
      one.update(outputs(1));
      one.update(outputs(2));
      const saved: NamedTensors = structuredClone(one.state());
      // what it learns is saved with the weights
      if (one.parameters) writeParameters('contract', other.parameters!(), readParameters(one.parameters()));
      restoreState(other, saved);
      expect(other.state()).toEqual(saved);
      for (const seed of [3, 4]) {
        expect(values(other, outputs(seed))).toEqual(values(one, outputs(seed)));
        one.update(outputs(seed));
        other.update(outputs(seed));
      }
      expect(other.state()).toEqual(one.state());
    });

    test('a step leaves no tensor behind', () => {
      const strategy = make();
      const step = outputs(1);
      strategy.update(step);
      const before = tf.memory().numTensors;
      tf.tidy(() => void strategy.select(step));
      strategy.update(step);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
