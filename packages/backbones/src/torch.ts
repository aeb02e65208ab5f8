/** Weights in PyTorch's layouts and torchvision's names, in both directions. */
import { flattenParameters, type NamedTensors, StateError, type TensorValue } from '@kindred/core';
import { restoreNetwork, type Trees } from './network.js';
import { prefixesOf } from './torch-backbone.js';

/**
 * A network's values as PyTorch holds them: filters `[outputs, inputs, height, width]` instead of
 * `[height, width, inputs, outputs]`, all else as it is (linear layers already are `[outputs, inputs]`). Names stay:
 * they are torchvision's. `num_batches_tracked` is not written: PyTorch fills it in and never reads it at momentum 0.1.
 *
 * @param state What `networkState` gives, or any part of it.
 *
 * @example
 * const layer = convolution({ random: random(1), inputs: 3, outputs: 8, kernel: 5 });
 * exportTorch(networkState(layer))['weight']!.shape; // => [8, 3, 5, 5]
 */
export function exportTorch(state: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, toTorch(value)]));
}

/** What `importTorch` did not take. */
export interface TorchImport {
  /** Names of the classifier that a torchvision file ends in (`fc.weight`, `fc.bias`); an encoder has no use for it. */
  readonly skipped: readonly string[];
}

/**
 * Loads a PyTorch state dict, say of a torchvision ResNet saved as safetensors, into a network of the same shape.
 * `num_batches_tracked` is passed over, `fc.*` is skipped and named. torchvision's own weights expect images with ImageNet's mean
 * subtracted and divided by its deviation, not 0..1.
 *
 * @param file Names and values as PyTorch holds them. For the weights of a larger program see `torchBackbone`.
 * @throws StateError if a name is missing, one is left over, or a shape differs; then nothing has changed.
 *
 * @example
 * const layer = convolution({ random: random(1), inputs: 1, outputs: 1, kernel: 1 });
 * importTorch(layer, { weight: { shape: [1, 1, 1, 1], values: Float32Array.of(7) } });
 * layer.apply(tf.ones([1, 1, 1, 1]), 'eval').dataSync()[0]; // => 7
 */
export function importTorch(network: Trees, file: NamedTensors): TorchImport {
  const own = { ...flattenParameters(network.parameters()), ...flattenParameters(network.buffers()) };
  const state: Record<string, TensorValue> = {};
  const skipped: string[] = [];
  for (const [name, value] of Object.entries(file)) {
    if (name in own) {
      const expected = torchShape(own[name]!.shape);
      if (value.shape.length !== expected.length || value.shape.some((length, axis) => length !== expected[axis])) {
        throw new StateError(
          `importTorch.${name}`,
          `the file holds [${value.shape.join(', ')}], this network [${expected.join(', ')}] in PyTorch's order.`,
          'Build the network with the depth, stem and widths of the file.',
        );
      }
      state[name] = fromTorch(value);
    } else if (/^fc\./.test(name)) skipped.push(name);
    else if (!/(^|\.)num_batches_tracked$/.test(name)) state[name] = value;
  }
  const names = Object.keys(own);
  const [prefix] = names.every((name) => name in state) ? [] : prefixesOf(file, names);
  if (prefix !== undefined) {
    throw new StateError('importTorch', `the file has ${names[0]} as ${prefix}${names[0]}.`, 'Take that part of it: importTorch(network, torchBackbone(file, network).tensors).');
  }
  restoreNetwork('importTorch', network, state);
  return { skipped };
}

/** PyTorch's order of the axes of `[height, width, inputs, outputs]`. */
const torchShape = (shape: readonly number[]): readonly number[] =>
  shape.length === 4 ? [shape[3]!, shape[2]!, shape[0]!, shape[1]!] : shape;

/** `[height, width, inputs, outputs]` to `[outputs, inputs, height, width]`; other ranks as they are. */
function toTorch({ shape, values }: TensorValue): TensorValue {
  if (shape.length !== 4) return { shape: [...shape], values: values.slice() };
  const [height, width, inputs, outputs] = shape as readonly [number, number, number, number];
  const area = height * width;
  const moved = values.slice();
  let from = 0;
  for (let pixel = 0; pixel < area; pixel++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) moved[(o * inputs + i) * area + pixel] = values[from++]!;
    }
  }
  return { shape: [outputs, inputs, height, width], values: moved };
}

/** The other way around. */
function fromTorch({ shape, values }: TensorValue): TensorValue {
  if (shape.length !== 4) return { shape: [...shape], values: values.slice() };
  const [outputs, inputs, height, width] = shape as readonly [number, number, number, number];
  const area = height * width;
  const moved = values.slice();
  let to = 0;
  for (let pixel = 0; pixel < area; pixel++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) moved[to++] = values[(o * inputs + i) * area + pixel]!;
    }
  }
  return { shape: [height, width, inputs, outputs], values: moved };
}
