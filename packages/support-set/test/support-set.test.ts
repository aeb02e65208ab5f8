import { random, restoreState } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { supportSet } from '../src/index.js';
import { onEveryBackend } from './support/backends.js';
import { unit } from './support/loops.js';
import { ids, normalRows, upTo } from './support/rows.js';

onEveryBackend(() => {
  test('rows are stored with length 1, and the nearest of (0.1, 0.9) is (0, 1)', () => {
    const support = supportSet({ capacity: 4, dimension: 2 });
    support.enqueue(tf.tensor2d([[1, 0], [0, 2]]), ids(7, 8));
    expect(support.nearest(tf.tensor2d([[0.1, 0.9]])).arraySync()).toEqual([[0, 1]]);
    expect(support.filled).toBe(2);
  });

  test('the oldest rows go first, and a batch that reaches the end goes on at the beginning, whole', () => {
    const support = supportSet({ capacity: 5, dimension: 3 });
    const all = normalRows(1, 12, 3);
    const expected: (number[] | undefined)[] = Array(5).fill(undefined);
    for (const [from, to] of [[0, 3], [3, 7], [7, 12]] as const) {
      support.enqueue(tf.tensor2d(all.slice(from, to)), upTo(to - from, from), upTo(to - from, 100 + from));
      for (let i = from; i < to; i++) expected[i % 5] = unit(all[i]!);
      const stored = support.rows().arraySync();
      expect(stored.length).toBe(Math.min(5, to));
      // within 1e-6: one float32 division and square root
      stored.forEach((row, i) => row.forEach((value, d) => expect(value).toBeCloseTo(expected[i]![d]!, 6)));
    }
    // the last batch of 5 began at row 2
    expect([...support.entries().sampleIds]).toEqual([10, 11, 7, 8, 9]);
    expect([...support.entries().labels]).toEqual([110, 111, 107, 108, 109]);
  });

  test('a batch as large as the set replaces all of it', () => {
    const support = supportSet({ capacity: 3, dimension: 2 });
    support.enqueue(tf.tensor2d([[1, 0]]), ids(1));
    support.enqueue(tf.tensor2d([[0, 1], [-1, 0], [0, -1]]), ids(2, 3, 4));
    expect(support.rows().arraySync()).toEqual([[0, -1], [0, 1], [-1, 0]]);
  });

  test('an unfilled row is never a neighbour, even where all others point away', () => {
    const support = supportSet({ capacity: 100, dimension: 2 });
    support.enqueue(tf.tensor2d([[-1, 0]]), ids(1));
    expect(support.search(tf.tensor2d([[1, 0]]))).toEqual({ k: 1, indices: ids(0), similarities: Float32Array.of(-1), sampleIds: ids(1) });
  });

  test('what was returned stays as it was after an enqueue over the same rows', () => {
    const support = supportSet({ capacity: 2, dimension: 2 });
    support.enqueue(tf.tensor2d([[1, 0], [0, 1]]), ids(1, 2));
    const nearest = support.nearest(tf.tensor2d([[1, 0]]));
    const gathered = support.gather(ids(1, 0));
    support.enqueue(tf.tensor2d([[-1, 0], [0, -1]]), ids(3, 4));
    expect(nearest.arraySync()).toEqual([[1, 0]]);
    expect(gathered.arraySync()).toEqual([[0, 1], [1, 0]]);
  });

  test('it answers with the rows that another set found, alone or mixed, as if it had found them', () => {
    const [values, keys] = [supportSet({ capacity: 6, dimension: 3 }), supportSet({ capacity: 6, dimension: 5 })];
    values.enqueue(tf.tensor2d(normalRows(1, 6, 3)), upTo(6));
    keys.enqueue(tf.tensor2d(normalRows(2, 6, 5)), upTo(6));
    const found = keys.search(tf.tensor2d(normalRows(3, 2, 5)));
    expect(values.answer(found).arraySync()).toEqual(values.gather(found.indices).arraySync());
    const queries = tf.tensor2d(normalRows(4, 2, 3));
    for (const neighbors of [{ kind: 'top-k', k: 3 }, { kind: 'soft', k: 3, temperature: 0.1 }] as const) {
      expect(values.answer(values.search(queries, { k: 3 }), neighbors).arraySync()).toEqual(values.nearest(queries, { neighbors }).arraySync());
    }
    expect(() => values.answer(found, { kind: 'top-k', k: 3 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.answer.found: received 1, expected 3 rows a query. Search with that k.]`);
    expect(() => values.answer({ ...found, indices: Int32Array.of(0, 6) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.answer.found: received 6, expected rows 0..5. Take them from search.]`);
  });

  test('the embeddings that were passed stay the caller’s and unchanged', () => {
    const support = supportSet({ capacity: 2, dimension: 2 });
    const embeddings = tf.tensor2d([[3, 4], [0, 5]]);
    support.enqueue(embeddings, ids(1, 2));
    support.enqueue(tf.tensor2d([[-1, 0]]), ids(3));
    expect(embeddings.arraySync()).toEqual([[3, 4], [0, 5]]);
  });

  test('random rows have length 1 and count as filled; the first enqueue replaces the first', () => {
    const support = supportSet({ capacity: 50, dimension: 7, initial: 'random', random: random(5) });
    expect(support.filled).toBe(50);
    for (const row of support.rows().arraySync()) expect(Math.hypot(...row)).toBeCloseTo(1, 6);
    support.enqueue(tf.tensor2d([[0, 0, 0, 0, 0, 0, 2]]), ids(9));
    expect(support.rows().arraySync()[0]).toEqual([0, 0, 0, 0, 0, 0, 1]);
    expect(support.filled).toBe(50);
  });

  test('a set kept over many steps leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const support = supportSet({ capacity: 7, dimension: 2, initial: 'random', random: random(1) });
    const embeddings = tf.tensor2d([[1, 0], [0, 2], [3, 1]]);
    for (let step = 0; step < 5; step++) {
      support.nearest(embeddings, { neighbors: { kind: 'soft', k: 3, temperature: 0.1 }, excludeSampleIds: ids(1, 2, 3) }).dispose();
      support.search(embeddings, { k: 2 });
      support.rows().dispose();
      support.enqueue(embeddings, ids(1, 2, 3));
      restoreState(support, support.state());
      expect(tf.memory().numTensors).toBe(before + 2);
    }
    support.dispose();
    embeddings.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('an enqueue inside of tidy survives it', () => {
    const support = supportSet({ capacity: 2, dimension: 2 });
    tf.tidy(() => support.enqueue(tf.tensor2d([[0, 2]]), ids(1)));
    expect(support.rows().arraySync()).toEqual([[0, 1]]);
  });
});

test('random rows are uniform on the sphere: mean 0, covariance 1/D, and no direction preferred', () => {
  const [count, dimension] = [20_000, 3];
  const rows = supportSet({ capacity: count, dimension, initial: 'random', random: random(2) }).rows().arraySync();
  for (let d = 0; d < dimension; d++) {
    // 5 standard errors: sqrt(1/3 / 20,000) = 0.0041
    expect(Math.abs(rows.reduce((sum, row) => sum + row[d]!, 0) / count)).toBeLessThan(0.0205);
    expect(rows.reduce((sum, row) => sum + row[d]! ** 2, 0) / count).toBeCloseTo(1 / 3, 1.5);
    // Archimedes: a coordinate of a point of the sphere is uniform over -1..1; 5 standard errors of a share of 1/4
    const share = rows.filter((row) => row[d]! > 0.5).length / count;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.0153);
  }
});

test('random rows come from the seed alone, and take nothing from the stream that was passed', () => {
  const stream = random(4);
  const make = (): number[][] => supportSet({ capacity: 3, dimension: 4, initial: 'random', random: stream }).rows().arraySync();
  const first = make();
  expect(stream.uniform()).toBe(random(4).uniform());
  expect(make()).toEqual(first);
});

describe('messages', () => {
  const support = supportSet({ capacity: 4, dimension: 2 });
  const filled = supportSet({ capacity: 4, dimension: 2 });
  filled.enqueue(tf.tensor2d([[1, 0], [0, 1]]), ids(1, 2));
  const one = tf.tensor2d([[1, 0]]);

  test('of options', () => {
    expect(() => supportSet({ capacity: 0, dimension: 2 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.capacity: received 0, expected a whole number above 0.]`);
    expect(() => supportSet({ capacity: 4, dimension: 2.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.dimension: received 2.5, expected a whole number above 0.]`);
    expect(() => supportSet({ capacity: 4, dimension: 2, initial: 'random' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.random: received undefined, expected a Random with initial: 'random'. Pass random(seed) of @kindred/core.]`);
    expect(() => supportSet({ capacity: 4, dimension: 2, initial: 'zeros' as 'empty' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.initial: received "zeros", expected 'random' or 'empty'.]`);
  });

  test('of lookups', () => {
    expect(() => support.nearest(one)).toThrowErrorMatchingInlineSnapshot(`[StateError: supportSet.nearest: the support set is empty, at least 1 needed. Enqueue before, or start it with initial: 'random'.]`);
    expect(() => support.rows()).toThrowErrorMatchingInlineSnapshot(`[StateError: supportSet.rows: the support set is empty, at least 1 needed. Enqueue before, or start it with initial: 'random'.]`);
    expect(() => filled.search(one, { k: 3 })).toThrowErrorMatchingInlineSnapshot(`[StateError: supportSet.search: the support set holds 2 rows, at least 3 needed. Enqueue before, or start it with initial: 'random'.]`);
    expect(() => filled.search(one, { k: 2, excludeSampleIds: ids(2) })).toThrowErrorMatchingInlineSnapshot(`[StateError: supportSet.search: query 0 may take 1 of 2 rows, 2 are needed. Enqueue other samples before, or exclude none.]`);
    expect(() => filled.search(tf.ones([2, 3]))).toThrowErrorMatchingInlineSnapshot(`[ShapeError: supportSet.search: queries is [2, 3], expected [N, 2]. Queries are as long as the rows.]`);
    expect(() => filled.search(one, { excludeSampleIds: ids(1, 2) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.search.excludeSampleIds: received 2, expected one entry per row, 1 in all.]`);
    expect(() => filled.search(tf.tensor2d([[1, 0], [NaN, 1]]))).toThrowErrorMatchingInlineSnapshot(`[DivergenceError: supportSet.search: query 1 holds NaN or ∞. Lower the learning rate.]`);
    expect(() => filled.gather(ids(0, 2))).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.gather.indices: received 2, expected rows 0..1. Take them from search.]`);
    expect(() => filled.nearest(one, { neighbors: { kind: 'soft', k: 2, temperature: 0 } })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.nearest.neighbors.temperature: received 0, expected a number above 0.]`);
  });

  test('of enqueue', () => {
    expect(() => support.enqueue(tf.ones([5, 2]), upTo(5))).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.enqueue.embeddings: received 5, expected 1..4 rows, the capacity. A batch must not overwrite itself: raise the capacity.]`);
    expect(() => support.enqueue(tf.ones([2, 3]), upTo(2))).toThrowErrorMatchingInlineSnapshot(`[ShapeError: supportSet.enqueue: embeddings is [2, 3], expected [N, 2]. Rows are as long as the set was made for.]`);
    expect(() => support.enqueue(tf.ones([2, 2]), upTo(3))).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.enqueue.sampleIds: received 3, expected one entry per row, 2 in all.]`);
    expect(() => support.enqueue(tf.ones([2, 2]), upTo(2), upTo(1))).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supportSet.enqueue.labels: received 1, expected one entry per row, 2 in all.]`);
    expect(() => support.enqueue(tf.tensor2d([[1, 1], [Infinity, 1]]), upTo(2))).toThrowErrorMatchingInlineSnapshot(`[DivergenceError: supportSet.enqueue: the embeddings hold NaN or ∞. Nothing was stored. Lower the learning rate.]`);
    expect(support.filled).toBe(0);
  });

  test('of states', () => {
    const state = supportSet({ capacity: 4, dimension: 3 }).state();
    expect(() => restoreState(support, state)).toThrowErrorMatchingInlineSnapshot(`[StateError: supportSet.check.rows: the state holds [4, 3], this part [4, 2]. It was saved with other sizes.]`);
    const without = Object.fromEntries(Object.entries(support.state()).filter(([name]) => name !== 'cursor'));
    expect(() => restoreState(support, without)).toThrowErrorMatchingInlineSnapshot(`[StateError: supportSet.check: the state lacks cursor. It is the state of another part or version.]`);
    expect(() => restoreState(support, { ...support.state(), cursor: { shape: [], values: ids(9) } })).toThrowErrorMatchingInlineSnapshot(`[StateError: supportSet.check: the state stands at row 9 with 0 filled, this set has 4. It is damaged.]`);
    const gone = supportSet({ capacity: 4, dimension: 2 });
    gone.dispose();
    gone.dispose();
    expect(() => gone.search(one)).toThrowErrorMatchingInlineSnapshot(`[StateError: supportSet.search: the support set is disposed. Make a new one.]`);
  });
});
