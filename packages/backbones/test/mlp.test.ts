import { flattenParameters, random, readParameters } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { countParameters, mlp } from '../src/index.js';

test('two layers without batch norm are relu(relu(x W₀ᵀ + b₀) W₂ᵀ + b₂), written as loops', () => {
  const encoder = mlp({ input: 3, layers: [4, 2], batchNorm: false, random: random(1) });
  const values = Object.fromEntries(Object.entries(readParameters(encoder.parameters())).map(([name, { values: list }]) => [name, Array.from(list)]));
  const layer = (x: number[], weight: number[], bias: number[]): number[] =>
    bias.map((offset, o) => Math.max(0, x.reduce((sum, value, i) => sum + value * weight[o * x.length + i]!, offset)));
  const rows = [[1, -2, 0.5], [-0.3, 0.7, 2]];
  const expected = rows.map((row) => layer(layer(row, values['0.weight']!, values['0.bias']!), values['2.weight']!, values['2.bias']!));
  const got = encoder.apply(tf.tensor2d(rows), 'eval').arraySync();
  got.flat().forEach((x, i) => expect(x).toBeCloseTo(expected.flat()[i]!, 6));
  expect(encoder.dimension).toBe(2);
});

test('with batch norm no layer has a bias, names are those of nn.Sequential, and the moving statistics follow', () => {
  const encoder = mlp({ input: 3, layers: [4, 2], batchNorm: true, random: random(1) });
  expect(Object.keys(flattenParameters(encoder.parameters()))).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias']);
  expect(countParameters(encoder)).toBe(3 * 4 + 2 * 4 + 4 * 2 + 2 * 2);
  const before = readParameters(encoder.buffers());
  encoder.apply(tf.randomNormal([8, 3], 1, 1, 'float32', 1) as tf.Tensor2D, 'train');
  expect(readParameters(encoder.buffers())).not.toEqual(before);
});

test('messages', () => {
  const make = (more: object) => () => mlp({ input: 3, layers: [4], batchNorm: true, random: random(1), ...more });
  expect(make({ layers: [] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: mlp.layers: received [], expected at least one layer.]`);
  expect(make({ layers: [4, 0.5] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: mlp.layers[1]: received 0.5, expected a whole number above 0.]`);
});
