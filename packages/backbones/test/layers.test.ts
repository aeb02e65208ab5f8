import { conv2d, flattenParameters, random, relu } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  batchNormalization,
  convolution,
  countParameters,
  disposeNetwork,
  linear,
  networkState,
  restoreNetwork,
  sequential,
} from '../src/index.js';

const moments = (values: ArrayLike<number>): { mean: number; deviation: number; largest: number } => {
  const list = Array.from(values);
  const mean = list.reduce((sum, x) => sum + x, 0) / list.length;
  const variance = list.reduce((sum, x) => sum + (x - mean) ** 2, 0) / list.length;
  return { mean, deviation: Math.sqrt(variance), largest: Math.max(...list.map(Math.abs)) };
};

describe('convolution', () => {
  test('applies its weight with stride and symmetric padding', () => {
    const layer = convolution({ inputs: 2, outputs: 3, kernel: 3, stride: 2, padding: 1, random: random(1) });
    const { weight } = layer.parameters() as Record<string, tf.Variable>;
    expect(weight!.shape).toEqual([3, 3, 2, 3]);
    tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([2, 5, 5, 2], 0, 1, 'float32', 1);
      const expected = conv2d(x, weight as unknown as tf.Tensor4D, { stride: 2, padding: 1 });
      expect(layer.apply(x, 'train').arraySync()).toEqual(expected.arraySync());
    });
    disposeNetwork(layer);
  });

  test('starts as He normal by fan out: deviation √(2 / (outputs · kernel²)), which inputs do not enter', () => {
    const layer = convolution({ inputs: 50, outputs: 32, kernel: 3, random: random(2) });
    const { mean, deviation, largest } = moments(networkState(layer)['weight']!.values);
    const expected = Math.sqrt(2 / (32 * 9));
    // 14,400 draws: the standard error of the deviation is 0.6 %
    expect(deviation / expected).toBeGreaterThan(0.98);
    expect(deviation / expected).toBeLessThan(1.02);
    expect(Math.abs(mean) / expected).toBeLessThan(0.03);
    // normal, not uniform: one draw in 15,800 is beyond 4 deviations, none of a uniform is beyond 1.8
    expect(largest / expected).toBeGreaterThan(3);
    disposeNetwork(layer);
  });

  test('refuses other channels and sizes that are not whole', () => {
    const layer = convolution({ inputs: 3, outputs: 1, kernel: 1, random: random(1) });
    expect(() => layer.apply(tf.zeros([1, 2, 2, 4]), 'train')).toThrowErrorMatchingInlineSnapshot(`[ShapeError: convolution: input is [1, 2, 2, 4], expected [N, H, W, 3].]`);
    expect(() => convolution({ inputs: 3, outputs: 1.5, kernel: 1, random: random(1) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: convolution.outputs: received 1.5, expected a whole number above 0.]`);
    expect(() => convolution({ inputs: 3, outputs: 1, kernel: 1, padding: -1, random: random(1) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: convolution.padding: received -1, expected a whole number of 0 or more.]`);
    disposeNetwork(layer);
  });
});

describe('linear', () => {
  test('is x Wᵀ + b, W as PyTorch holds it', () => {
    const layer = linear({ inputs: 2, outputs: 3, random: random(1) });
    restoreNetwork('test', layer, {
      weight: { shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
      bias: { shape: [3], values: Float32Array.of(10, 20, 30) },
    });
    expect(tf.tidy(() => layer.apply(tf.tensor2d([[1, -1], [2, 1]]), 'train').arraySync())).toEqual([[9, 19, 29], [14, 30, 46]]);
    disposeNetwork(layer);
  });

  test('its gradients are dy W, dyᵀ x and Σ dy', () => {
    const layer = linear({ inputs: 2, outputs: 1, random: random(1) });
    const { weight, bias } = layer.parameters() as Record<string, tf.Variable>;
    const x = tf.variable(tf.tensor2d([[1, 2], [3, 5]]));
    const { value, grads } = tf.variableGrads(
      () => tf.sum(tf.mul(layer.apply(x, 'train'), tf.tensor2d([[1], [10]]))) as tf.Scalar,
      [weight!, bias!, x],
    );
    expect(grads[weight!.name]!.arraySync()).toEqual([[31, 52]]);
    expect(grads[bias!.name]!.arraySync()).toEqual([11]);
    const w = Array.from(weight!.dataSync());
    expect(grads[x.name]!.dataSync()).toEqual(Float32Array.from([...w, ...w.map((entry) => entry * 10)]));
    tf.dispose([x, value, grads]);
    disposeNetwork(layer);
  });

  test('starts uniform over ±1/√inputs, weight and bias', () => {
    const layer = linear({ inputs: 64, outputs: 100, random: random(3) });
    const state = networkState(layer);
    const weight = moments(state['weight']!.values);
    expect(weight.largest).toBeLessThanOrEqual(1 / 8);
    expect(weight.largest).toBeGreaterThan(0.99 / 8);
    expect(weight.deviation).toBeCloseTo(1 / 8 / Math.sqrt(3), 3);
    expect(moments(state['bias']!.values).deviation).toBeCloseTo(1 / 8 / Math.sqrt(3), 1);
    disposeNetwork(layer);
  });

  test('has no bias where none is asked for', () => {
    const layer = linear({ inputs: 4, outputs: 2, bias: false, random: random(1) });
    expect(Object.keys(layer.parameters())).toEqual(['weight']);
    expect(tf.tidy(() => Array.from(layer.apply(tf.zeros([1, 4]), 'eval').dataSync()))).toEqual([0, 0]);
    expect(() => layer.apply(tf.zeros([1, 5]), 'eval')).toThrowErrorMatchingInlineSnapshot(`[ShapeError: linear: input is [1, 5], expected [N, 4].]`);
    disposeNetwork(layer);
  });
});

describe('sequential', () => {
  const chain = (seed: number): ReturnType<typeof sequential<tf.Tensor2D, tf.Tensor2D>> =>
    sequential({
      0: linear({ inputs: 3, outputs: 4, random: random(seed) }),
      1: batchNormalization({ channels: 4 }),
      2: relu,
      3: linear({ inputs: 4, outputs: 2, random: random(seed + 1) }),
    });

  test('names its parts like nn.Sequential; functions have a place and no values', () => {
    const net = chain(1);
    expect(Object.keys(networkState(net))).toEqual([
      '0.weight', '0.bias', '1.weight', '1.bias', '3.weight', '3.bias', '1.running_mean', '1.running_var',
    ]);
    expect(countParameters(net)).toBe(3 * 4 + 4 + 8 + 4 * 2 + 2);
    expect(net.parameters()).toBe(net.parameters());
    disposeNetwork(net);
  });

  test('runs in order and hands the mode on', () => {
    const net = chain(1);
    const x = tf.tensor2d([[1, 2, 3], [-4, 5, -6]]);
    const count = tf.memory().numTensors;
    net.apply(x, 'eval').dispose();
    const before = networkState(net)['1.running_mean']!.values;
    expect(before).toEqual(new Float32Array(4));
    net.apply(x, 'train').dispose();
    expect(networkState(net)['1.running_mean']!.values).not.toEqual(before);
    expect(tf.memory().numTensors).toBe(count);
    x.dispose();
    disposeNetwork(net);
  });

  test('its state goes into another network of the shape, bit by bit, or not at all', () => {
    const [one, two] = [chain(1), chain(5)];
    const state = networkState(one);
    restoreNetwork('two', two, state);
    expect(networkState(two)).toEqual(state);
    const short = Object.fromEntries(Object.entries(networkState(chain(9))).filter(([name]) => name !== '1.running_var'));
    expect(() => restoreNetwork('two', two, short)).toThrowErrorMatchingInlineSnapshot(`[StateError: two: the state lacks 1.running_var. It is of another network.]`);
    expect(networkState(two)).toEqual(state);
    disposeNetwork(one);
    disposeNetwork(two);
  });

  test('dispose frees every variable', () => {
    const count = tf.memory().numTensors;
    const net = chain(1);
    expect(Object.keys(flattenParameters(net.parameters()))).toHaveLength(6);
    expect(tf.memory().numTensors).toBe(count + 8);
    disposeNetwork(net);
    expect(tf.memory().numTensors).toBe(count);
  });
});
