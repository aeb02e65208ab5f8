/** Parameters and gradients of generic numbers, on both backends. */
import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';

export type Numbers = Record<string, number[]>;
export const shapes = { 'conv.weight': [2, 2, 3, 2], 'fc.weight': [3, 4], 'bn.bias': [5] } as const;

/** Numbers of a normal distribution, as float32 holds them. */
export function normals(stream: string | number, of: Readonly<Record<string, readonly number[]>> = shapes): Numbers {
  return Object.fromEntries(
    Object.entries(of).map(([name, shape]) => {
      const draws = random(5).fork(stream, name);
      return [name, Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => Math.fround(draws.normal()))];
    }),
  );
}

const shaped = (values: Numbers, name: string, of: Readonly<Record<string, readonly number[]>>): tf.Tensor =>
  tf.tensor(values[name]!, [...of[name]!], 'float32');

export const variables = (values: Numbers, of: Readonly<Record<string, readonly number[]>> = shapes): Record<string, tf.Variable> =>
  Object.fromEntries(Object.keys(values).map((name) => [name, tf.tidy(() => tf.variable(shaped(values, name, of)))]));

export const tensors = (values: Numbers, of: Readonly<Record<string, readonly number[]>> = shapes): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.keys(values).map((name) => [name, shaped(values, name, of)]));

export const read = (parameters: Readonly<Record<string, tf.Tensor>>): Numbers =>
  Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, [...tensor.dataSync()]]));

/** All numbers agree within `tolerance`, relative to 1 + |expected|; else the worst is shown. */
export function expectNear(received: Numbers, expected: Readonly<Numbers>, tolerance: number): void {
  expect(Object.keys(received).sort()).toEqual(Object.keys(expected).sort());
  let worst = { place: '', error: 0, received: 0, expected: 0 };
  for (const [name, values] of Object.entries(expected)) {
    expect(received[name]!.length).toBe(values.length);
    values.forEach((value, i) => {
      const error = Math.abs(received[name]![i]! - value) / (1 + Math.abs(value));
      if (!(error <= worst.error)) worst = { place: `${name}[${i}]`, error, received: received[name]![i]!, expected: value };
    });
  }
  if (!(worst.error <= tolerance)) {
    expect.fail(`${worst.place} is ${worst.received}, expected ${worst.expected} (off by ${worst.error}, allowed ${tolerance})`);
  }
}

/** The tests once on the backend that is current, once on plain JavaScript. */
export function onBothBackends(tests: () => void): void {
  const engine = tf.getBackend();
  describe.each([...new Set([engine, 'cpu'])])('on %s', (backend) => {
    beforeAll(async () => void (await tf.setBackend(backend)));
    afterAll(async () => void (await tf.setBackend(engine)));
    tests();
  });
}
