/** Calling kernels by name, and checking that nothing leaks. */
import { engine, type NamedAttrMap, setBackend, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { handles } from '../../src/node-backend.js';

/** All outputs of a kernel. */
export function run(name: string, inputs: Record<string, Tensor>, attributes: object = {}): Tensor[] {
  const outputs = engine().runKernel(name, inputs, attributes as NamedAttrMap) as Tensor | Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** Runs `use` in a scope and asserts that it leaves neither tensors nor native handles behind. */
export function leaksNothing(use: () => void): void {
  tidy(use); // what is made once, at first use
  const before = handles();
  for (let round = 0; round < 5; round += 1) tidy(use);
  expect(handles()).toEqual(before);
}

/** The same computation on the plain JavaScript backend, as numbers. */
export async function onCpu<T>(use: () => T): Promise<T> {
  await setBackend('cpu');
  try {
    return tidy(use as () => never);
  } finally {
    await setBackend('tensorflow');
  }
}

/** Generic numbers, the same in every run: no zeros, ones or ties. */
export function numbers(shape: readonly number[], seed = 1): Tensor {
  let state = seed * 2654435761;
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  });
  return tensor(values, [...shape]);
}

/** Asserts that all elements agree within `tolerance`, and shows the worst. */
export function expectClose(received: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(received.length).toBe(expected.length);
  let worst = { index: -1, error: 0 };
  for (let index = 0; index < expected.length; index += 1) {
    const error = Math.abs(received[index]! - expected[index]!);
    if (!(error <= worst.error)) worst = { index, error };
  }
  const { index, error } = worst;
  if (!(error <= tolerance)) expect.fail(`element ${index} is ${received[index]}, expected ${expected[index]} (off by ${error}, allowed ${tolerance})`);
}
