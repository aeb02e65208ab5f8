import { decodeSafetensors, encodeSafetensors, random, restoreState } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { supportSet } from '../src/index.js';
import { onEveryBackend } from './support/backends.js';
import { normalRows, upTo } from './support/rows.js';

onEveryBackend(() => {
  for (const enqueued of [1, 3]) {
    for (const initial of ['empty', 'random'] as const) {
      test(`saved after ${enqueued} batches from ${initial}, restored into a fresh set, stepped: bit-equal`, () => {
        const make = (seed: number) => supportSet({ capacity: 10, dimension: 3, initial, random: random(seed) });
        const [saved, fresh] = [make(1), make(2)];
        const step = (set: typeof saved, i: number): number[] => {
          const batch = tf.tensor2d(normalRows(i, 4, 3));
          set.enqueue(batch, upTo(4, i * 4), upTo(4).map((label) => label % 2));
          const found = set.search(batch, { k: 2 });
          set.record(found, { labels: upTo(4), sampleIds: upTo(4) });
          return [...found.indices, ...found.similarities];
        };
        for (let i = 0; i < enqueued; i++) step(saved, i);
        // by way of a file
        restoreState(fresh, decodeSafetensors(encodeSafetensors(saved.state())).tensors);
        expect(fresh.state()).toEqual(saved.state());
        expect(fresh.filled).toBe(saved.filled);
        for (let i = enqueued; i < enqueued + 3; i++) {
          expect(step(fresh, i)).toEqual(step(saved, i));
          expect(fresh.diagnostics()).toEqual(saved.diagnostics());
        }
        expect(fresh.state()).toEqual(saved.state());
      });
    }
  }

  test('a state is a copy, and restoring shares no memory with it', () => {
    const set = supportSet({ capacity: 4, dimension: 64 });
    set.enqueue(tf.tensor2d(normalRows(1, 4, 64)), upTo(4));
    const state = set.state();
    const kept = structuredClone(state);
    restoreState(set, state);
    set.enqueue(tf.tensor2d(normalRows(2, 3, 64)), upTo(3, 50));
    expect(state).toEqual(kept);
    restoreState(set, state);
    (state['rows']!.values as Float32Array).fill(7);
    (state['sampleIds']!.values as Int32Array).fill(7);
    expect(set.state()).toEqual(kept);
  });

  test('a state that does not fit changes nothing', () => {
    const set = supportSet({ capacity: 4, dimension: 2 });
    set.enqueue(tf.tensor2d([[1, 0]]), upTo(1));
    const before = set.state();
    const rest = Object.fromEntries(Object.entries(before).filter(([name]) => name !== 'hits'));
    expect(() => restoreState(set, { ...rest, rows: { shape: [4, 2], values: new Float32Array(8) } })).toThrow();
    expect(set.state()).toEqual(before);
  });

  test('every value survives to the last bit, −0 and the smallest numbers included', () => {
    const set = supportSet({ capacity: 1, dimension: 4 });
    const values = Float32Array.of(-0, 1e-38, 1, -1e-7);
    restoreState(set, { ...set.state(), rows: { shape: [1, 4], values } });
    expect(set.state()['rows']!.values).toEqual(values);
  });
});
