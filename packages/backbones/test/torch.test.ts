import { decodeSafetensors, encodeSafetensors, random } from '@kindred/core';
import { expect, test } from 'vitest';
import { convolution, disposeNetwork, exportTorch, importTorch, linear, networkState, predictionHead, smallResNet, torchBackbone } from '../src/index.js';

test('a filter [1, 2, 2, 3] by hand: value (row 0, column x, input i, output o) goes to [o, i, 0, x]', () => {
  const values = Float32Array.from({ length: 12 }, (_, i) => i); // x, i, o in steps of 6, 3, 1
  expect(exportTorch({ weight: { shape: [1, 2, 2, 3], values } })['weight']).toEqual({
    shape: [3, 2, 1, 2],
    values: Float32Array.of(0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11),
  });
});

test('out and in again is the identity, bit by bit, through the bytes of a file', () => {
  const make = (seed: number): ReturnType<typeof smallResNet> =>
    smallResNet({ stem: { channels: 4, kernel: 5 }, widths: [4, 6], blocks: [1, 1], channels: 3, random: random(seed) });
  const [one, two] = [make(1), make(2)];
  const bytes = encodeSafetensors(exportTorch(networkState(one)));
  expect(importTorch(two, decodeSafetensors(bytes).tensors)).toEqual({ skipped: [] });
  expect(networkState(two)).toEqual(networkState(one));
  [one, two].forEach(disposeNetwork);
});

test('the classifier is skipped and named, the counters are passed over', () => {
  const layer = convolution({ inputs: 1, outputs: 1, kernel: 1, random: random(1) });
  const one = { shape: [1, 1, 1, 1], values: Float32Array.of(7) };
  const file = { weight: one, 'fc.weight': one, 'fc.bias': one, num_batches_tracked: { shape: [], values: Int32Array.of(3) } };
  expect(importTorch(layer, file)).toEqual({ skipped: ['fc.weight', 'fc.bias'] });
  expect(networkState(layer)['weight']!.values[0]).toBe(7);
  disposeNetwork(layer);
});

test('a network with an fc of its own takes it', () => {
  const fc = linear({ inputs: 2, outputs: 1, random: random(1) });
  const network = { parameters: () => ({ fc: fc.parameters() }), buffers: () => ({}) };
  const file = { 'fc.weight': { shape: [1, 2], values: Float32Array.of(1, 2) }, 'fc.bias': { shape: [1], values: Float32Array.of(3) } };
  expect(importTorch(network, file)).toEqual({ skipped: [] });
  expect(networkState(network)['fc.weight']!.values).toEqual(Float32Array.of(1, 2));
  disposeNetwork(network);
});

test('heads go by nn.Sequential: a Linear is not transposed', () => {
  const head = predictionHead({ input: 3, hidden: 2, output: 3, random: random(1) });
  const torch = exportTorch(networkState(head));
  expect(torch['0.weight']).toEqual(networkState(head)['0.weight']);
  expect(torch['0.weight']!.shape).toEqual([2, 3]);
  disposeNetwork(head);
});

test('another shape, a missing and an unknown name are refused, and nothing has changed', () => {
  const layer = convolution({ inputs: 2, outputs: 8, kernel: 3, random: random(1) });
  const before = networkState(layer);
  const wrong = { weight: { shape: [8, 2, 7, 7], values: new Float32Array(784) } };
  const transposed = { weight: { shape: [3, 3, 2, 8], values: new Float32Array(144) } };
  expect(() => importTorch(layer, wrong)).toThrowErrorMatchingInlineSnapshot(`[StateError: importTorch.weight: the file holds [8, 2, 7, 7], this network [8, 2, 3, 3] in PyTorch's order. Build the network with the depth, stem and widths of the file.]`);
  expect(() => importTorch(layer, transposed)).toThrowErrorMatchingInlineSnapshot(`[StateError: importTorch.weight: the file holds [3, 3, 2, 8], this network [8, 2, 3, 3] in PyTorch's order. Build the network with the depth, stem and widths of the file.]`);
  expect(() => importTorch(layer, {})).toThrowErrorMatchingInlineSnapshot(`[StateError: importTorch: the state lacks weight. It is of another network.]`);
  expect(() => importTorch(layer, { ...exportTorch(before), 'layer1.0.conv1.weight': transposed.weight })).toThrowErrorMatchingInlineSnapshot(`[StateError: importTorch: the state has no place for layer1.0.conv1.weight. It is of another network.]`);
  expect(networkState(layer)).toEqual(before);
  disposeNetwork(layer);
});

test.each(['module.encoder_q.', 'module.', 'backbone.', 'encoder.', 'model.net.encoder.', ''])('the backbone in the weights of another program is found under %j, heads beside it left', (prefix) => {
  const [one, two] = [1, 2].map((seed) => smallResNet({ stem: { channels: 4, kernel: 5 }, widths: [4, 6], blocks: [1, 1], channels: 3, random: random(seed) }));
  const value = { shape: [1], values: Float32Array.of(1) };
  const own = Object.entries(exportTorch(networkState(one!))).map(([name, tensor]) => [prefix + name, tensor]);
  const file = { 'module.queue': value, [`${prefix}prototypes.weight`]: value, ...Object.fromEntries(own), [`${prefix}fc.0.weight`]: value, [`${prefix}bn1.num_batches_tracked`]: value };
  const { tensors, prefix: found, skipped } = torchBackbone(file, two!);
  expect(found).toBe(prefix);
  expect([...skipped].sort()).toEqual(['module.queue', `${prefix}prototypes.weight`, `${prefix}fc.0.weight`, `${prefix}bn1.num_batches_tracked`].sort());
  importTorch(two!, tensors);
  expect(networkState(two!)).toEqual(networkState(one!));
  [one!, two!].forEach(disposeNetwork);
});

test('a file with foreign prefixes is refused with what to do; a network and its momentum encoder are told apart by name', () => {
  const layer = linear({ inputs: 1, outputs: 1, random: random(1) });
  const before = networkState(layer);
  const of = (prefix: string, value: number): Record<string, { shape: number[]; values: Float32Array }> => ({
    [`${prefix}weight`]: { shape: [1, 1], values: Float32Array.of(value) },
    [`${prefix}bias`]: { shape: [1], values: Float32Array.of(value) },
  });
  const moco = { ...of('module.encoder_q.', 1), ...of('module.encoder_k.', 2) };
  expect(() => importTorch(layer, moco)).toThrowErrorMatchingInlineSnapshot(`[StateError: importTorch: the file has weight as module.encoder_q.weight. Take that part of it: importTorch(network, torchBackbone(file, network).tensors).]`);
  expect(() => torchBackbone(moco, layer)).toThrowErrorMatchingInlineSnapshot(`[StateError: torchBackbone: the file holds the network 2 times: under 'module.encoder_q.', 'module.encoder_k.'. Pass the prefix that is meant; the first is mostly the network that was trained.]`);
  expect(() => torchBackbone(moco, layer, 'module.')).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: torchBackbone.prefix: received "module.", expected one of 'module.encoder_q.', 'module.encoder_k.'.]`);
  const partial = Object.fromEntries(Object.entries(of('module.encoder_q.', 1)).slice(0, 1));
  expect(() => torchBackbone(partial, layer)).toThrowErrorMatchingInlineSnapshot(`[StateError: torchBackbone: under no prefix does the file hold all names of the network (weight, ...), but module.encoder_q.weight, .... Build the network with the depth and stem of the file.]`);
  expect(() => torchBackbone({}, layer)).toThrowErrorMatchingInlineSnapshot(`[StateError: torchBackbone: under no prefix does the file hold all names of the network (weight, ...), but nothing. Build the network with the depth and stem of the file.]`);
  expect(networkState(layer)).toEqual(before);
  importTorch(layer, torchBackbone(moco, layer, 'module.encoder_k.').tensors);
  expect(networkState(layer)['bias']!.values[0]).toBe(2);
  disposeNetwork(layer);
});
