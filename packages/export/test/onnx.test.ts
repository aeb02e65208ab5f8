import { fromBinary } from '@bufbuild/protobuf';
import { projectionHead, smallResNet } from '@kindred/backbones';
import { type EncoderInput, inputOf, random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { ModelProtoSchema, type ValueInfoProto } from 'onnx-buf';
import { expect, test } from 'vitest';
import { exportOnnx, exportTfjs, transformersFiles } from '../src/index.js';
import { examples } from './support/models.js';

const tiny = (): ReturnType<typeof smallResNet> => smallResNet({ stem: { channels: 2, kernel: 3 }, widths: [2], blocks: [1], channels: 3, random: random(1) });
const input: EncoderInput = { size: [8, 8], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 0.875 };
const message = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return String(error);
  }
  return 'nothing was thrown';
};

test('batch and size are free, channels and lengths are not, and the file says what images it expects', () => {
  const example = examples['basic blocks, stem of CIFAR, a head normalised without scale']!();
  const { graph, opsetImport, irVersion, metadataProps } = fromBinary(ModelProtoSchema, exportOnnx(example));
  const shape = ({ name, type }: ValueInfoProto): unknown[] => {
    const lengths = type?.value.case === 'tensorType' ? type.value.value.shape!.dim : [];
    return [name, ...lengths.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : value.value))];
  };
  expect(graph!.input.map(shape)).toEqual([['pixel_values', 'batch', 3, 'height', 'width']]);
  expect(graph!.output.map(shape)).toEqual([['image_embeds', 'batch', 32], ['projections', 'batch', 6]]);
  expect([irVersion, opsetImport.map(({ domain, version }) => [domain, version])]).toEqual([8n, [['', 17n]]]);
  expect(inputOf('file', Object.fromEntries(metadataProps.map(({ key, value }) => [key, value])))).toEqual(example.input);
});

test('values have the names of torchvision, those of a head under head.', () => {
  const { graph } = fromBinary(ModelProtoSchema, exportOnnx({ encoder: tiny(), head: projectionHead({ input: 2, layers: [3], batchNorm: 'none', random: random(1) }), input }));
  expect(graph!.initializer.map(({ name }) => name)).toEqual([
    'conv1.weight', 'bn1.weight', 'bn1.bias', 'bn1.running_mean', 'bn1.running_var',
    'layer1.0.conv1.weight', 'layer1.0.bn1.weight', 'layer1.0.bn1.bias', 'layer1.0.bn1.running_mean', 'layer1.0.bn1.running_var',
    'layer1.0.conv2.weight', 'layer1.0.bn2.weight', 'layer1.0.bn2.bias', 'layer1.0.bn2.running_mean', 'layer1.0.bn2.running_var',
    'head.0.weight', 'head.0.bias',
  ]);
});

test('heads without an encoder are a model of embeddings', () => {
  const { graph, metadataProps } = fromBinary(ModelProtoSchema, exportOnnx({ head: projectionHead({ input: 7, layers: [3], batchNorm: 'none', random: random(1) }) }));
  expect([graph!.name, graph!.input.map(({ name }) => name), graph!.output.map(({ name }) => name), metadataProps]).toEqual(['head', ['embeddings'], ['projections'], []]);
});

test('a layer that is applied twice has its values once and its outputs twice', () => {
  const encoder = tiny();
  const twice = { ...encoder, layers: [encoder.layers[0]!, ...encoder.layers.slice(1, 2), ...encoder.layers.slice(1)] };
  const { graph } = fromBinary(ModelProtoSchema, exportOnnx({ encoder: twice, input }));
  const outputs = graph!.node.flatMap(({ output }) => output);
  expect(new Set(outputs).size).toBe(outputs.length);
  expect(new Set(graph!.initializer.map(({ name }) => name)).size).toBe(graph!.initializer.length);
  const names = (exportTfjs({ encoder: twice, input }).modelTopology as { node: { name: string }[] }).node.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('exporting changes nothing and leaves no tensor', () => {
  const encoder = tiny();
  const before = tf.memory().numTensors;
  const first = exportOnnx({ encoder, input });
  exportTfjs({ encoder, input });
  expect(exportOnnx({ encoder, input })).toEqual(first);
  expect(tf.memory().numTensors).toBe(before);
});

test('what does not fit together is refused, with what to do', () => {
  const encoder = tiny();
  const narrow = projectionHead({ input: 5, layers: [3], batchNorm: 'none', random: random(1) });
  expect(message(() => exportOnnx({ encoder, input: { ...input, channels: 1 } }))).toMatchInlineSnapshot(`"ArgumentError: exportOnnx.input.channels: received 1, expected 3, those of the encoder."`);
  expect(message(() => exportTfjs({ encoder, head: narrow, input }))).toMatchInlineSnapshot(`"ShapeError: exportTfjs.head: it takes embeddings of 5 numbers, expected 2, those of the encoder. Export the one that was trained on this encoder."`);
  expect(message(() => exportOnnx({ encoder, head: projectionHead({ input: 2, layers: [3], batchNorm: 'none', random: random(1) }), predictor: narrow, input }))).toMatchInlineSnapshot(`"ShapeError: exportOnnx.predictor: it takes projections of 5 numbers, expected 3, those of the head. Export the one that was trained on this head."`);
  expect(message(() => exportOnnx({ encoder, predictor: narrow, input }))).toMatchInlineSnapshot(`"ArgumentError: exportOnnx.head: received undefined, expected the head whose projections the predictor takes."`);
  expect(message(() => transformersFiles({ encoder, input: { ...input, size: [8, 9] } }))).toMatchInlineSnapshot(`"ArgumentError: transformersFiles.input.size: received [8,9], expected a square for fit 'cover'. Use fit 'fill', or exportOnnx and resize yourself."`);
  expect(message(() => exportOnnx({ encoder: { ...encoder, layers: [{ kind: 'linear', name: 'fc' }] }, input }))).toMatchInlineSnapshot(`"StateError: exportOnnx.encoder: its layers name fc.weight, which it has no value for. Make its layers those of its parameters and buffers."`);
  expect(message(() => exportOnnx({ encoder, input: { ...input, cropShare: 2 } }))).toMatchInlineSnapshot(`"DataError: exportOnnx.input: cropShare of the encoder's input is 2, expected a share above 0 and at most 1."`);
  const diverged = tiny();
  (diverged.parameters()['conv1'] as { weight: tf.Variable }).weight.assign(tf.fill([3, 3, 3, 2], NaN));
  expect(message(() => exportOnnx({ encoder: diverged, input }))).toMatchInlineSnapshot(`"StateError: exportOnnx.encoder.conv1.weight: value 0 is NaN, expected a number. Export weights from before the training diverged."`);
});
