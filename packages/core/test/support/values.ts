/** Generic numbers, comparisons that show the worst element, and both backends. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { random } from '../../src/index.js';

export interface Saved {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Numbers of a normal distribution: no zeros, no ones, no ties. */
export function normals(shape: readonly number[], stream: string | number = 'x'): Saved {
  const draws = random(11).fork(stream);
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, values: Array.from({ length: size }, () => Math.fround(draws.normal())) };
}

export const tensorOf = <T extends tf.Tensor>({ shape, values }: Saved): T => tf.tensor([...values], [...shape], 'float32') as T;

/** All numbers agree within `tolerance`, relative to 1 + |expected|; else the worst is shown. */
export function expectNear(received: tf.Tensor | readonly number[], expected: readonly number[], tolerance: number): void {
  const values = 'dataSync' in received ? [...received.dataSync()] : received;
  expect(values.length).toBe(expected.length);
  let worst = { index: -1, error: 0 };
  expected.forEach((value, index) => {
    const error = Object.is(values[index], value) ? 0 : Math.abs(values[index]! - value) / (1 + Math.abs(value));
    if (!(error <= worst.error)) worst = { index, error };
  });
  const { index, error } = worst;
  if (!(error <= tolerance)) expect.fail(`element ${index} is ${values[index]}, expected ${expected[index]} (off by ${error}, allowed ${tolerance})`);
}

/** The gradient of Σ f(x)·dy by central differences of a function over numbers, in float64. */
export function differences(f: (x: readonly number[]) => readonly number[], x: readonly number[], dy: readonly number[]): number[] {
  const step = 1e-6;
  const total = (values: readonly number[]): number => f(values).reduce((sum, value, i) => sum + value * dy[i]!, 0);
  return x.map((value, i) => {
    const at = (moved: number): number => total(x.map((other, j) => (j === i ? moved : other)));
    return (at(value + step) - at(value - step)) / (2 * step);
  });
}

/** The gradient of Σ f(x)·dy as tfjs gives it. */
export const gradientOf = (f: (x: tf.Tensor) => tf.Tensor, x: Saved, dy: readonly number[]): tf.Tensor =>
  tf.tidy(() => tf.grad((input: tf.Tensor) => tf.sum(tf.mul(tf.reshape(f(input), [-1]), tf.tensor1d([...dy]))))(tensorOf(x)));

/** What `use` makes is one tensor for each that it returns: everything else is gone. */
export function expectNoLeak(use: () => tf.Tensor | readonly tf.Tensor[]): void {
  const first = use(); // what is made once
  tf.dispose([first].flat());
  const before = tf.memory().numTensors;
  const made = [use()].flat();
  expect(tf.memory().numTensors - before).toBe(made.length);
  tf.dispose(made);
}

/** The tests once on the backend that is current (the engine's kernels), once on plain JavaScript (the composites). */
export function onBothBackends(tests: () => void): void {
  const engine = tf.getBackend();
  describe.each([...new Set([engine, 'cpu'])])('on %s', (backend) => {
    beforeAll(async () => void (await tf.setBackend(backend)));
    afterAll(async () => void (await tf.setBackend(engine)));
    tests();
  });
}
