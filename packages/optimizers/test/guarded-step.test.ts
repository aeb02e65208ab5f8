import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { guardedStep, readLoss, sgd } from '../src/index.js';

describe('guardedStep', () => {
  test('moves the weights where all are numbers', () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const optimizer = sgd({ parameters: { w }, momentum: 0, weightDecay: 0 });
    expect(guardedStep(optimizer, { loss: tf.scalar(3), gradients: { w: tf.tensor1d([1, -1]) }, learningRate: 0.5 })).toEqual({ loss: 3, notFinite: undefined });
    expect([...w.dataSync()]).toEqual([0.5, 2.5]);
  });

  test.each([
    ['a loss', NaN, [0, 1], undefined],
    ['a gradient', 1, [0, NaN], 'b'],
    ['a gradient', 1, [0, -Infinity], 'b'],
  ])('changes nothing, moments included, where %s is not finite', (_, loss, gradient, name) => {
    const [a, b] = [tf.variable(tf.scalar(1)), tf.variable(tf.tensor1d([1, 2]))];
    const optimizer = sgd({ parameters: { a, b }, momentum: 0.9, weightDecay: 0 });
    const state = JSON.stringify(optimizer.state());
    const result = guardedStep(optimizer, { loss: tf.scalar(loss), gradients: { a: tf.scalar(1), b: tf.tensor1d(gradient) }, learningRate: 1 });
    expect(result).toEqual({ loss, notFinite: name });
    expect([...a.dataSync(), ...b.dataSync()]).toEqual([1, 1, 2]);
    expect(JSON.stringify(optimizer.state())).toBe(state);
  });

  test('a gradient whose square is beyond float32 is still one', () => {
    expect(readLoss(tf.scalar(1), [tf.tensor1d([1e30]), tf.tensor1d([NaN])])).toEqual({ loss: 1, notFinite: 1 });
    expect(readLoss(tf.scalar(1), [])).toEqual({ loss: 1, notFinite: undefined });
  });
});
