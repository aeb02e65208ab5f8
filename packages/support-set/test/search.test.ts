import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SupportSet, supportSet } from '../src/index.js';
import { onEveryBackend } from './support/backends.js';
import { cosine, nearestByLoops, type Rows, unit } from './support/loops.js';
import { ids, normalRows, upTo } from './support/rows.js';

/** A set that holds `rows`, searched in blocks of `blockRows` when there are `queries` queries. */
function holding(rows: Rows, queries: number, blockRows = rows.length, sampleIds = upTo(rows.length)): SupportSet {
  const dimension = rows[0]!.length;
  const support = supportSet({ capacity: rows.length, dimension, maximumBytes: 4 * (queries + dimension) * blockRows });
  support.enqueue(tf.tensor2d(rows as number[][]), sampleIds);
  return support;
}

const byQuery = (indices: Int32Array, k: number): number[][] =>
  Array.from({ length: indices.length / k }, (_, i) => [...indices.subarray(i * k, i * k + k)]);

onEveryBackend(() => {
  test('finds what loops over numbers find, whatever the block size, the count and the exclusions', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(1_000_000),
          rows: fc.integer({ min: 5, max: 40 }),
          dimension: fc.integer({ min: 2, max: 6 }),
          queries: fc.integer({ min: 1, max: 9 }),
          blockRows: fc.integer({ min: 1, max: 45 }),
          k: fc.integer({ min: 1, max: 4 }),
          samples: fc.integer({ min: 30, max: 90 }),
          exclude: fc.boolean(),
        }),
        ({ seed, rows: count, dimension, queries: size, blockRows, k, samples, exclude }) => {
          const rows = normalRows(seed, count, dimension);
          const queries = normalRows(seed + 1_000_001, size, dimension);
          // rows of a few samples each, so that some queries have several excluded rows
          const sampleIds = upTo(count).map((row) => (row * 7) % Math.max(10, samples - count));
          const own = upTo(size).map((i) => i * 3);
          const allowed = (i: number, j: number): boolean => !exclude || sampleIds[j] !== own[i];
          const expected = nearestByLoops(queries, rows, k, allowed);
          fc.pre(expected.every((list) => list.length === k));
          const support = holding(rows, size, blockRows, sampleIds);
          const found = support.search(tf.tensor2d(queries), { k, ...(exclude ? { excludeSampleIds: own } : {}) });
          expect(byQuery(found.indices, k)).toEqual(expected);
          // within 1e-6: float32 products of unit rows
          expected.flat().forEach((row, at) => {
            expect(found.similarities[at]).toBeCloseTo(cosine(queries[Math.floor(at / k)]!, rows[row]!), 5);
          });
          support.dispose();
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });

  test('finds the same in blocks of whole runs of columns, of parts of them, and in both', () => {
    const [rows, queries] = [normalRows(21, 700, 3), normalRows(22, 40, 3)];
    const expected = nearestByLoops(queries, rows, 1).flat();
    for (const blockRows of [700, 512, 256, 129, 100]) {
      const support = holding(rows, 40, blockRows);
      const { indices, similarities } = support.search(tf.tensor2d(queries));
      expect([blockRows, ...indices]).toEqual([blockRows, ...expected]);
      expected.forEach((row, i) => expect(similarities[i]).toBeCloseTo(cosine(queries[i]!, rows[row]!), 6));
      support.dispose();
    }
    // equal rows in several runs, and twice in one: the first
    const same = normalRows(23, 512, 3).map((row, i) => ([130, 131, 300].includes(i) ? [9, 9, 9] : row));
    expect([...holding(same, 1).search(tf.tensor2d([[1, 1, 1]])).indices]).toEqual([130]);
  });

  test('queries need no length: a query times 1,000 finds the same', () => {
    const support = holding(normalRows(1, 20, 4), 3);
    const queries = tf.tensor2d(normalRows(2, 3, 4));
    expect(support.search(tf.mul(queries, 1000)).indices).toEqual(support.search(queries).indices);
  });

  test('the lower row comes first where two are equal, also across blocks', () => {
    const rows = [[0, 1], [1, 0], [1, 0], [1, 0], [0, 1]];
    for (const blockRows of [1, 2, 5]) {
      const support = holding(rows, 1, blockRows);
      expect([...support.search(tf.tensor2d([[1, 0]])).indices]).toEqual([1]);
      expect([...support.search(tf.tensor2d([[1, 0]]), { k: 4 }).indices]).toEqual([1, 2, 3, 0]);
    }
  });

  test('a query finds itself, and with its sample excluded the next one', () => {
    const rows = normalRows(8, 12, 3);
    const support = holding(rows, 12, 5);
    const queries = tf.tensor2d(rows);
    expect(support.search(queries).indices).toEqual(upTo(12));
    const others = support.search(queries, { excludeSampleIds: upTo(12) }).indices;
    expect([...others]).toEqual(nearestByLoops(rows, rows, 1, (i, j) => i !== j).flat());
  });

  test('top-k is the mean of the k nearest rows, scaled to length 1', () => {
    const [rows, queries] = [normalRows(3, 10, 4), normalRows(4, 3, 4)];
    const got = holding(rows, 3, 4).nearest(tf.tensor2d(queries), { neighbors: { kind: 'top-k', k: 3 } }).arraySync();
    nearestByLoops(queries, rows, 3).forEach((found, i) => {
      const sum = found.map((j) => unit(rows[j]!)).reduce((a, b) => a.map((x, d) => x + b[d]!));
      unit(sum).forEach((value, d) => expect(got[i]![d]).toBeCloseTo(value, 5));
    });
  });

  test('soft weighs the k nearest rows by softmax(similarity / temperature)', () => {
    const [rows, queries] = [normalRows(5, 10, 4), normalRows(6, 3, 4)];
    for (const temperature of [0.1, 1]) {
      const neighbors = { kind: 'soft', k: 4, temperature } as const;
      const got = holding(rows, 3, 4).nearest(tf.tensor2d(queries), { neighbors }).arraySync();
      nearestByLoops(queries, rows, 4).forEach((found, i) => {
        const sum = found
          .map((j) => unit(rows[j]!).map((x) => x * Math.exp(cosine(queries[i]!, rows[j]!) / temperature)))
          .reduce((a, b) => a.map((x, d) => x + b[d]!));
        unit(sum).forEach((value, d) => expect(got[i]![d]).toBeCloseTo(value, 5));
      });
    }
  });

  test('soft at a temperature near 0 is top-1, and finite', () => {
    const [rows, queries] = [normalRows(5, 10, 4), normalRows(6, 3, 4)];
    const support = holding(rows, 3);
    const soft = support.nearest(tf.tensor2d(queries), { neighbors: { kind: 'soft', k: 4, temperature: 1e-6 } }).arraySync();
    const first = support.nearest(tf.tensor2d(queries)).arraySync();
    soft.forEach((row, i) => row.forEach((value, d) => expect(value).toBeCloseTo(first[i]![d]!, 6)));
  });

  test('inside a gradient scope a neighbour is a constant', () => {
    const support = holding([[1, 0], [0, 1], [-1, 0]], 2);
    const weights = tf.tensor2d([[0.9, 0.2], [0.1, 2]]);
    // d/dw Σ w·n = n: were n not constant there would be more
    const gradient = tf.grad((w) => tf.sum(tf.mul(w, support.nearest(tf.mul(w, 2) as tf.Tensor2D))))(weights);
    expect(gradient.arraySync()).toEqual([[1, 0], [0, 1]]);
  });

  test('of a lookup in a gradient scope nothing is kept but its result', () => {
    const [rows, size] = [normalRows(1, 64, 4), 8];
    const support = holding(rows, size, 8);
    const queries = tf.tensor2d(normalRows(2, size, 4));
    const bytes: number[] = [];
    tf.grad((w) => {
      bytes.push(tf.memory().numBytes);
      const nearest = support.nearest(w as tf.Tensor2D);
      support.search(w as tf.Tensor2D, { k: 3 });
      bytes.push(tf.memory().numBytes);
      return tf.sum(tf.mul(w, nearest));
    })(queries);
    expect(bytes[1]! - bytes[0]!).toBe(size * 4 * 4);
  });
});

test('never holds more than maximumBytes for scores and rows', () => {
  const [rows, size, dimension, maximumBytes] = [normalRows(1, 500, 8), 16, 8, 20_000];
  const support = supportSet({ capacity: 500, dimension, maximumBytes });
  support.enqueue(tf.tensor2d(rows), upTo(500));
  const queries = tf.tensor2d(normalRows(2, size, dimension));
  let most = 0;
  const base = tf.memory().numBytes;
  const restore = watch((bytes) => (most = Math.max(most, bytes - base)));
  const found = support.search(queries);
  restore();
  // beside the block: the queries with length 1, each block's answers, and 128 scores for each query
  const small = (20 * dimension + 128) * size * 4;
  expect(most).toBeGreaterThan(maximumBytes * 0.9);
  expect(most).toBeLessThan(maximumBytes + small);
  expect([...found.indices]).toEqual(nearestByLoops(normalRows(2, size, dimension), rows, 1).flat());
});

/** Calls `see` with the bytes held after each operation; returns what ends it. */
function watch(see: (bytes: number) => void): () => void {
  const engine = tf.engine() as unknown as { trackTensor: (...given: unknown[]) => void };
  const own = Object.hasOwn(engine, 'trackTensor');
  const { trackTensor } = engine;
  engine.trackTensor = function (...given) {
    trackTensor.apply(this, given);
    see(tf.memory().numBytes);
  };
  return () => {
    if (own) engine.trackTensor = trackTensor;
    else delete (engine as Partial<typeof engine>).trackTensor;
  };
}

test('random rows belong to no sample: none is excluded, whatever the number', () => {
  const support = supportSet({ capacity: 4, dimension: 2, initial: 'random', random: random(1) });
  support.enqueue(tf.tensor2d([[1, 0]]), ids(5));
  const found = support.search(tf.tensor2d([[1, 0]]), { k: 4, excludeSampleIds: ids(-1) });
  expect([...found.indices].sort()).toEqual([0, 1, 2, 3]);
});
