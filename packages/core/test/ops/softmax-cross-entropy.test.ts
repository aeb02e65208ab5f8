import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { softmaxCrossEntropy } from '../../src/index.js';
import { differences, expectNear, normals, tensorOf } from '../support/values.js';

/** In float64. */
const byLoops = (scores: readonly number[], targets: readonly number[], columns: number): number[] =>
  Array.from({ length: scores.length / columns }, (_, i) => {
    const [s, y] = [scores, targets].map((values) => values.slice(i * columns, (i + 1) * columns)) as [number[], number[]];
    const total = s.reduce((sum, x) => sum + Math.exp(x), 0);
    return -y.reduce((sum, share, k) => sum + share * Math.log(Math.exp(s[k]!) / total), 0);
  });

test('equals the definition in loops, with both gradients, also for targets that do not sum to 1', () => {
  const [scores, targets, dy] = [normals([5, 3], 's'), normals([5, 3], 'y'), normals([5], 'dy')];
  const before = tf.memory().numTensors;
  const given = [tensorOf<tf.Tensor2D>(scores), tensorOf<tf.Tensor2D>(targets)];
  const up = tensorOf<tf.Tensor1D>(dy);
  const value = softmaxCrossEntropy(given[0]!, given[1]!);
  expectNear(value, byLoops(scores.values, targets.values, 3), 1e-6);
  const [ofScores, ofTargets] = tf.grads((s, y) => softmaxCrossEntropy(s as tf.Tensor2D, y as tf.Tensor2D))(given, up);
  expectNear(ofScores!, differences((s) => byLoops(s, targets.values, 3), scores.values, dy.values), 1e-5);
  expectNear(ofTargets!, differences((y) => byLoops(scores.values, y, 3), targets.values, dy.values), 1e-5);
  tf.dispose([...given, up, value, ofScores!, ofTargets!]);
  expect(tf.memory().numTensors).toBe(before);
});

test('stays finite where the softmax underflows', () => {
  expect(softmaxCrossEntropy(tf.tensor2d([[1e4, -1e4]]), tf.tensor2d([[0, 1]])).arraySync()).toEqual([2e4]);
});
