import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { argMaxRows, topKRows, writeRows } from '../../src/index.js';
import { expectNoLeak, normals, onBothBackends, tensorOf } from '../support/values.js';

onBothBackends(() => {
  const saved = normals([9, 30]);
  const rows = Array.from({ length: 9 }, (_, i) => saved.values.slice(i * 30, (i + 1) * 30));
  const ranked = rows.map((row) => row.map((_, i) => i).sort((a, b) => row[b]! - row[a]!));

  describe('argMaxRows', () => {
    test('is the place of the largest, the first of a tie, as int32', () => {
      const best = argMaxRows(tf.tensor2d([[1, 5, 2], [7, 7, 0], [-3, -2, -2]]));
      expect([best.dtype, best.arraySync()]).toEqual(['int32', [1, 0, 1]]);
    });

    test('equals a search of generic rows', () => {
      expect(argMaxRows(tensorOf(saved)).arraySync()).toEqual(ranked.map((order) => order[0]));
    });
  });

  describe('topKRows', () => {
    test('is the largest of each row and their places, largest first', () => {
      const { values, indices } = topKRows(tensorOf(saved), 4);
      expect([indices.dtype, indices.arraySync()]).toEqual(['int32', ranked.map((order) => order.slice(0, 4))]);
      expect(values.arraySync()).toEqual(rows.map((row, i) => ranked[i]!.slice(0, 4).map((place) => row[place]!)));
    });

    test.each([1, 127, 128, 256, 384, 385])('the one largest of %s columns, the first of a tie', (columns) => {
      const { values: list } = normals([4, columns], columns);
      const wide = Array.from({ length: 4 }, (_, i) => list.slice(i * columns, (i + 1) * columns).map((value) => Math.round(2 * value))); // many ties
      const before = tf.memory().numTensors;
      const x = tf.tensor2d(wide);
      const { values, indices } = topKRows(x, 1);
      expect(values.arraySync()).toEqual(wide.map((row) => [Math.max(...row)]));
      expect([indices.dtype, indices.arraySync()]).toEqual(['int32', wide.map((row) => [row.indexOf(Math.max(...row))])]);
      tf.dispose([x, values, indices]);
      expect(tf.memory().numTensors).toBe(before);
    });

    test('all of a row is the row in order', () => {
      expect(topKRows(tf.tensor2d([[1, 3, 2]]), 3).values.arraySync()).toEqual([[3, 2, 1]]);
    });
  });

  describe('writeRows', () => {
    test('goes on at row 0 after the last', () => {
      expect(writeRows(tf.zeros([3, 1]), tf.tensor2d([[7], [8]]), 2).arraySync()).toEqual([[8], [0], [7]]);
    });

    test('equals writing to a list, wherever it starts and however much', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(), fc.nat(), (size, first, second) => {
          const [start, length] = [first % size, 1 + (second % size)];
          const old = normals([size, 3], 'old');
          const fresh = normals([length, 3], 'new');
          const expected = [...old.values];
          fresh.values.forEach((value, i) => (expected[((start + Math.floor(i / 3)) % size) * 3 + (i % 3)] = value));
          // `tf.add` makes memory of its own: the target is used up
          const target = tf.add(tensorOf<tf.Tensor2D>(old), 0) as tf.Tensor2D;
          expect([...writeRows(target, tensorOf(fresh), start).dataSync()]).toEqual(expected);
        }),
        { numRuns: 40 },
      );
    });

    test('many writes leave no tensor behind', () => {
      const values = tensorOf<tf.Tensor2D>(normals([2, 3]));
      let queue = tf.zeros([5, 3]) as tf.Tensor2D;
      const before = tf.memory().numTensors;
      for (let i = 0; i < 7; i += 1) {
        const next = writeRows(queue, values, (2 * i) % 5);
        queue.dispose();
        queue = next;
      }
      expect(tf.memory().numTensors).toBe(before);
      expect(queue.isDisposed).toBe(false);
    });
  });

  test('none leaves a tensor behind but its results', () => {
    const x = tensorOf<tf.Tensor2D>(saved);
    expectNoLeak(() => argMaxRows(x));
    expectNoLeak(() => Object.values(topKRows(x, 3)));
  });
});
