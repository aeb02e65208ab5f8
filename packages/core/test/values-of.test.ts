import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { valuesOf } from '../src/index.js';

test('gives the values and leaves no tensor behind, not even where the computation throws', () => {
  const x = tf.tensor2d([[1, 2], [3, 4]]);
  const before = tf.memory().numTensors;
  expect([...valuesOf(() => tf.add(tf.mul(x, 2), 1))]).toEqual([3, 5, 7, 9]);
  expect(valuesOf<Int32Array>(() => tf.argMax(x, 1))).toBeInstanceOf(Int32Array);
  expect(() =>
    valuesOf(() => {
      tf.mul(x, 2);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(tf.memory().numTensors).toBe(before);
});

test('a million values take no longer than their transfer', () => {
  const x = tf.zeros([1_000_000]);
  // the best of some: a machine may be busy
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    valuesOf(() => tf.add(x, 1));
    return performance.now() - started;
  });
  // tidy around dataSync took 600 ms
  expect(Math.min(...times)).toBeLessThan(300);
  x.dispose();
});
