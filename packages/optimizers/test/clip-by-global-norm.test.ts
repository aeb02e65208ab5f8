import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { clipByGlobalNorm as link, type NamedGradients } from '../src/index.js';
import { expectNear, normals, onBothBackends, read, tensors } from './support/values.js';

const clipByGlobalNorm = (gradients: NamedGradients, maximum: number) => link({ maximum }).transform(gradients);

onBothBackends(() => {
  test('gradients of 3 and 4 have length 5, and are scaled by 1/5 to length 1', () => {
    const clipped = clipByGlobalNorm({ a: tf.tensor1d([3]), b: tf.tensor2d([[-4]]) }, 1);
    expectNear(read(clipped), { a: [0.6], b: [-0.8] }, 1e-7);
  });

  test('equals the formula on generic numbers', () => {
    const values = normals(1);
    const norm = Math.hypot(...Object.values(values).flat());
    const clipped = read(clipByGlobalNorm(tensors(values), norm / 3));
    expectNear(clipped, Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.map((value) => value / 3)])), 1e-6);
  });

  test('shorter gradients keep every bit, and zeros stay zeros', () => {
    const values = normals(1);
    expect(read(clipByGlobalNorm(tensors(values), 1000))).toEqual(values);
    expect(read(clipByGlobalNorm({ a: tf.zeros([2]) }, 1))).toEqual({ a: [0, 0] });
  });

  test('makes new tensors, one for each gradient, and no others', () => {
    const gradients = tensors(normals(1));
    const given = read(gradients);
    const count = tf.memory().numTensors;
    const clipped = clipByGlobalNorm(gradients, 0.1);
    expect(tf.memory().numTensors).toBe(count + 3);
    tf.dispose(clipped);
    expect(read(gradients)).toEqual(given);
  });
});

test('the order of the names does not matter to a bit', () => {
  const names = Array.from({ length: 500 }, (_, i) => `layer${i}.weight`);
  const of = Object.fromEntries(names.map((name) => [name, [1]]));
  const gradients = tensors(normals(1, of), of);
  const clipped = (order: number[]): object =>
    read(clipByGlobalNorm(Object.fromEntries(order.map((i) => [names[i]!, gradients[names[i]!]!])), 0.1));
  // in float32 a sum of 500 squares has other last bits in another order
  const orders = Array.from({ length: 8 }, (_, i) => [...random(i).permutation(names.length)]);
  const first = clipped(orders[0]!);
  for (const order of orders) expect(clipped(order)).toEqual(first);
});

test('no gradients give no gradients; a bound of 0 is refused', () => {
  expect(clipByGlobalNorm({}, 1)).toEqual({});
  expect(() => clipByGlobalNorm({}, 0)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: clipByGlobalNorm.maximum: received 0, expected a finite number above 0.]`);
});
