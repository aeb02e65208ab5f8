import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { batchNorm, batchNormGroups, batchNormRelu, type BatchNormSync, syncBatchNorm } from '../../src/index.js';
import { expectNear, onBothBackends } from '../support/values.js';

const scale = tf.tensor1d([2]);
const offset = tf.tensor1d([1]);
/** This rank has the rows 1 and 3, the other one 5 and 7: mean 4, variance 5. Gradients are 1 and 2 here, 4 and 8 there. */
const x = tf.tensor2d([[1], [3]]);
const dy = tf.tensor2d([[1], [2]]);

/** What was asked, and an answer that knows the other rank's rows. */
function otherRank(): { sync: BatchNormSync; asked: number[][] } {
  const asked: number[][] = [];
  const answer = (own: tf.Tensor2D, values: number[]): tf.Tensor2D => {
    asked.push([...own.dataSync()]);
    return tf.tensor2d(values, own.shape);
  };
  return { asked, sync: { ranks: 2, moments: (own) => answer(own, [4, 5]), sums: (own) => answer(own, [15, 1 * -3 + 2 * -1 + 4 * 1 + 8 * 3]) } };
}

onBothBackends(() => {
  test('rows are normalised by the mean and variance of all ranks', () => {
    const { sync, asked } = otherRank();
    const { y, mean, variance } = syncBatchNorm(x, scale, offset, 0, sync);
    expectNear(y, [1 + (2 * -3) / Math.sqrt(5), 1 + (2 * -1) / Math.sqrt(5)], 1e-6);
    expectNear(mean, [4], 1e-6);
    expectNear(variance, [5], 1e-6);
    expectNear(tf.tensor1d(asked[0]!), [2, 1], 1e-6); // of the rows here
  });

  test('and so are the gradients; those of scale and offset are of the rows here', () => {
    const { sync, asked } = otherRank();
    const gradients = tf.grads((a, b, c) => tf.sum(tf.mul(syncBatchNorm(a as tf.Tensor2D, b as tf.Tensor1D, c as tf.Tensor1D, 0, sync).y, dy)))([x, scale, offset]);
    // 2/√5 · (g − 15/4 − (x − 4)/5 · 23/4)
    expectNear(gradients[0]!, [-3, -1].map((deviation, i) => (2 / Math.sqrt(5)) * (i + 1 - 15 / 4 - (deviation / 5) * (23 / 4))), 1e-5);
    expectNear(gradients[1]!, [-5 / Math.sqrt(5)], 1e-5);
    expectNear(gradients[2]!, [3], 1e-6);
    expectNear(tf.tensor1d(asked[1]!), [3, -5], 1e-5);
  });

  test('where the ReLU is shut no gradient comes through, to side neither', () => {
    const { sync, asked } = otherRank();
    const side = tf.tensor2d([[0], [0.5]]); // of y −1.68 and 0.61
    const activated = (...[a, b]: tf.Tensor[]) => syncBatchNorm(a as tf.Tensor2D, scale, offset, 0, sync, { relu: true, side: b as tf.Tensor2D }).y;
    expectNear(activated(x, side), [0, 1 - 2 / Math.sqrt(5) + 0.5], 1e-6);
    const [, dside] = tf.grads((a, b) => tf.sum(tf.mul(activated(a!, b!), dy)))([x, side]);
    expectNear(dside!, [0, 2], 1e-6);
    expectNear(tf.tensor1d(asked.at(-1)!), [2, -2], 1e-5);
  });

  test('leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => void tf.grad((a) => tf.sum(syncBatchNorm(a as tf.Tensor2D, scale, offset, 0, otherRank().sync, { relu: true }).y))(x));
    const { y, mean, variance } = syncBatchNorm(x, scale, offset, 0, { ranks: 1, moments: (own) => own, sums: (own) => own });
    tf.dispose([y, mean, variance]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('groups of rows are normalised as separate batches, a sum and ReLU after it', () => {
    const rows = tf.tensor2d([[1], [3], [5], [9]]);
    const side = tf.tensor2d([[0.5], [-2], [3], [0]]);
    const { y, mean, variance, count } = batchNormGroups(rows, scale, offset, { epsilon: 0, groups: 2, relu: true, side });
    expectNear(y, [0, 1, 2, 3], 1e-6); // of −1, 3, −1, 3
    expectNear(mean, [4.5], 1e-6);
    expectNear(variance, [2.5], 1e-6);
    expect(count).toBe(2);
    const one = batchNormGroups(rows, scale, offset, { epsilon: 0, groups: 1, relu: true, side }).y;
    expectNear(one, [...batchNormRelu(rows, scale, offset, 0, side).y.dataSync()], 0);
    expectNear(batchNormGroups(rows, scale, offset, { epsilon: 0, groups: 1 }).y, [...batchNorm(rows, scale, offset, 0).y.dataSync()], 0);
  });
});
