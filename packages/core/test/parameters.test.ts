import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { checkValue, flattenParameters, readParameters, readTensor, StateError, writeParameters } from '../src/index.js';
import { onBothBackends } from './support/values.js';

const variable = (values: number[], shape: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.tensor(values, shape, 'float32')));
const tree = () => ({ conv1: { weight: variable([1, 2, 3, 4], [2, 2]) }, bn1: { weight: variable([5, 6], [2]), bias: variable([7, 8], [2]) } });

test('names are joined with dots, in the order of the tree', () => {
  const parameters = tree();
  const flat = flattenParameters(parameters);
  expect(Object.keys(flat)).toEqual(['conv1.weight', 'bn1.weight', 'bn1.bias']);
  expect(flat['bn1.bias']).toBe(parameters.bn1.bias);
  expect(flattenParameters({})).toEqual({});
});

onBothBackends(() => {
  test('what is read can be written to another tree of the same shape', () => {
    const [source, target] = [tree(), tree()];
    source.bn1.bias.assign(tf.tensor1d([-1, 0.1]));
    const values = readParameters(source);
    const count = tf.memory().numTensors;
    writeParameters('load', target, values);
    expect(tf.memory().numTensors).toBe(count);
    expect(readParameters(target)).toEqual(values);
    expect(values['bn1.bias']).toEqual({ shape: [2], values: Float32Array.of(-1, 0.1) });
  });

  test('values are copies, both ways', () => {
    const parameters = tree();
    const values = readParameters(parameters);
    parameters.bn1.bias.assign(tf.zeros([2]));
    expect([...values['bn1.bias']!.values]).toEqual([7, 8]);
    writeParameters('load', parameters, values);
    values['bn1.bias']!.values.fill(9);
    expect([...parameters.bn1.bias.dataSync()]).toEqual([7, 8]);
  });

  test('integers stay integers', () => {
    expect(readTensor(tf.tensor1d([1, -2], 'int32'))).toEqual({ shape: [2], values: Int32Array.of(1, -2) });
  });

  test('whole numbers of a file are written to a float variable as numbers', () => {
    const parameters = { count: variable([0], [1]) };
    writeParameters('load', parameters, { count: { shape: [1], values: Int32Array.of(3) } });
    expect(readTensor(parameters.count)).toEqual({ shape: [1], values: Float32Array.of(3) });
  });
});

test('writing is all or nothing', () => {
  const parameters = tree();
  const before = readParameters(parameters);
  const other = { ...before, 'conv1.weight': { shape: [2, 2], values: Float32Array.of(9, 9, 9, 9) } };
  const bad = [
    { ...other, more: before['bn1.bias']! },
    Object.fromEntries(Object.entries(other).filter(([name]) => name !== 'bn1.bias')),
    { ...other, 'bn1.bias': { shape: [3], values: Float32Array.of(1, 2, 3) } },
    { ...other, 'bn1.bias': { shape: [2, 1], values: Float32Array.of(1, 2) } },
    { ...other, 'bn1.bias': { shape: [2], values: Float32Array.of(1, 2, 3) } },
  ];
  const count = tf.memory().numTensors;
  for (const values of bad) expect(() => writeParameters('load', parameters, values)).toThrow(StateError);
  expect(readParameters(parameters)).toEqual(before);
  expect(tf.memory().numTensors).toBe(count);
});

test('says what is missing, left over or of another size', () => {
  const parameters = { a: variable([1], [1]), constructor: variable([1], [1]) } as never;
  const one = { shape: [1], values: Float32Array.of(1) };
  const write = (values: object) => () => writeParameters('loadWeights', parameters, values as never);
  expect(write({ a: one })).toThrowErrorMatchingInlineSnapshot(`[StateError: loadWeights: the state lacks constructor. It is of another network.]`);
  expect(write({ a: one, constructor: one, b: one, c: one, d: one, e: one })).toThrowErrorMatchingInlineSnapshot(`[StateError: loadWeights: the state has no place for b, c, d, ... (4). It is of another network.]`);
  expect(write({ b: one })).toThrowErrorMatchingInlineSnapshot(`[StateError: loadWeights: the state lacks a, constructor and has no place for b. It is of another network.]`);
  expect(write({ a: { ...one, shape: [1, 1] }, constructor: one })).toThrowErrorMatchingInlineSnapshot(`[StateError: loadWeights.a: the state holds [1, 1], this part [1]. It was saved with other sizes.]`);
  expect(write({ a: { shape: [1], values: new Float32Array(0) }, constructor: one })).toThrowErrorMatchingInlineSnapshot(`[StateError: loadWeights.a: the state holds 0 values for the 1 of [1]. It is damaged.]`);
  expect(() => checkValue('queue.rows', undefined, [1])).toThrowErrorMatchingInlineSnapshot(`[StateError: queue.rows: is not in the state. It is of another part or version.]`);
});
