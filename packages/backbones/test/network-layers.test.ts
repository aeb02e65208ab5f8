import { type NamedTensors, random, type TensorValue } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { disposeNetwork, headPresets, type HeadPreset, type Layer, type LayeredNetwork, mlp, networkState, predictionHead, projectionHead, resnet, restoreNetwork, smallResNet } from '../src/index.js';
import { formula, relativeError } from './support/formula.js';
import { still } from './support/still.js';

/** What a layer computes, in operations of tfjs alone. */
function interpret(layers: readonly Layer[], state: NamedTensors, input: tf.Tensor): tf.Tensor {
  const tensor = ({ values, shape }: TensorValue): tf.Tensor => tf.tensor(values as Float32Array, [...shape]);
  const value = (name: string): tf.Tensor => tensor(state[name]!);
  return layers.reduce((x, layer): tf.Tensor => {
    switch (layer.kind) {
      case 'convolution': {
        const { name, stride, padding: p } = layer;
        return tf.conv2d(x as tf.Tensor4D, value(`${name}.weight`) as tf.Tensor4D, stride, [[0, 0], [p, p], [p, p], [0, 0]]);
      }
      case 'batchNormalization': {
        const { name, epsilon } = layer;
        const centered = tf.div(tf.sub(x, value(`${name}.running_mean`)), tf.sqrt(tf.add(value(`${name}.running_var`), epsilon)));
        const [weight, bias] = [state[`${name}.weight`], state[`${name}.bias`]];
        const scaled = weight === undefined ? centered : tf.mul(centered, tensor(weight));
        return bias === undefined ? scaled : tf.add(scaled, tensor(bias));
      }
      case 'linear': {
        const product = tf.matMul(x as tf.Tensor2D, value(`${layer.name}.weight`) as tf.Tensor2D, false, true);
        const bias = state[`${layer.name}.bias`];
        return bias === undefined ? product : tf.add(product, tensor(bias));
      }
      case 'relu':
        return tf.relu(x);
      case 'maxPool': {
        const p = layer.padding;
        return tf.maxPool(tf.pad(x as tf.Tensor4D, [[0, 0], [p, p], [p, p], [0, 0]], -1e30), layer.size, layer.stride, 'valid');
      }
      case 'spatialMean':
        return tf.mean(x, [1, 2]);
      case 'sum':
        return tf.add(interpret(layer.path, state, x), interpret(layer.shortcut, state, x));
    }
  }, input);
}

/** Puts numbers in all values, moving statistics included: none is 0 or 1. */
function fill<Network extends LayeredNetwork<never>>(network: Network): Network {
  const torch = ({ shape }: TensorValue): number[] => (shape.length === 4 ? [shape[3]!, shape[2]!, shape[0]!, shape[1]!] : [...shape]);
  const state = Object.entries(networkState(network)).map(([name, value]) => [name, { ...value, values: formula(name, torch(value)) }]);
  restoreNetwork('fill', network, Object.fromEntries(state) as NamedTensors);
  return network;
}

function expectSame(network: LayeredNetwork<never>, shape: number[]): void {
  tf.tidy(() => {
    const x = tf.randomUniform(shape, 0, 1, 'float32', 3);
    const applied = network.apply(x as never, 'eval').dataSync();
    // within 1e-5: float32, sums in another order
    expect(relativeError(interpret(network.layers, networkState(network), x).dataSync(), applied)).toBeLessThan(1e-5);
  });
  disposeNetwork(network);
}

test.each([
  ['basic blocks', () => smallResNet({ stem: { channels: 4, kernel: 5, stride: 2 }, widths: [4, 8], blocks: [2, 1], strides: [2, 1], channels: 3, random: still })],
  ['basic blocks and a max-pooling', () => resnet({ depth: 18, stem: 'imagenet', channels: 3, widthMultiplier: 1 / 16, random: still })],
  ['bottlenecks', () => resnet({ depth: 50, stem: 'cifar', channels: 3, widthMultiplier: 1 / 32, random: still })],
] as const)('the layers of %s compute what the encoder does', (_, make) => {
  expectSame(fill(make()), [2, 20, 24, 3]);
});

test.each(Object.entries<HeadPreset>(headPresets))('the layers of %s compute what its heads do', (_, { projection, prediction }) => {
  const narrow = projection.layers.map((width) => (width === 'input' ? width : width / 64));
  expectSame(fill(projectionHead({ input: 12, ...projection, layers: narrow, random: still })), [5, 12]);
  if (prediction === undefined) return;
  expectSame(fill(predictionHead({ input: 12, ...prediction, hidden: 7, output: 12, random: still })), [5, 12]);
});

test.each([true, false])('the layers of an mlp compute what it does, batch norm %s', (batchNorm) => {
  expectSame(fill(mlp({ input: 12, layers: [7, 5], batchNorm, random: still })), [5, 12]);
});

test('a layer has the name of its values', () => {
  const head = projectionHead({ input: 2, layers: [3, 4], batchNorm: 'all', random: random(1) });
  expect(head.layers.map((layer) => ('name' in layer ? `${layer.kind} ${layer.name}` : layer.kind))).toEqual([
    'linear 0', 'batchNormalization 1', 'relu', 'linear 3', 'batchNormalization 4',
  ]);
  disposeNetwork(head);
});
