/** What the tests share: images of generic content, backends, and distances. */
import { random } from '@kindred/core';
import { getBackend, setBackend, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, vi } from 'vitest';

export type Shape = [n: number, height: number, width: number, channels: number];

/** Colours without symmetry, dark and bright, grey and saturated ones among them: most wrong formulas show on them. */
export function pixels(shape: Shape, seed = 1): Float32Array {
  const stream = random(seed).fork('test images');
  const channels = shape[3];
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i += channels) {
    const base = stream.uniform();
    const colourful = stream.chance(0.8) ? 1 : 0;
    for (let c = 0; c < channels; c++) {
      values[i + c] = Math.min(1, Math.max(0, base + colourful * stream.uniform(-0.7, 0.7)));
    }
  }
  return values;
}

export const images = (shape: Shape, seed = 1): Tensor4D => tensor4d(pixels(shape, seed), shape);

/** The largest difference between two lists of numbers. Infinity for lists of different lengths; NaN stays NaN. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const off = Math.abs(a[i]! - b[i]!);
    if (!(off <= worst)) worst = off;
  }
  return worst;
}

/**
 * Runs the tests on the backend that was set up, and on `cpu`; and without the kernels, so that all is done in tensor
 * operations, as it is where values are on a GPU.
 */
export function onBackends(tests: (backend: string, kernels: boolean) => void): void {
  const initial = getBackend();
  const on = (title: string, backend: string, kernels: boolean): void => {
    describe(`on ${title}`, () => {
      beforeAll(async () => {
        if (!kernels) vi.stubGlobal('WebAssembly', undefined);
        await setBackend(backend);
      });
      afterAll(async () => {
        vi.unstubAllGlobals();
        await setBackend(initial);
      });
      tests(backend, kernels);
    });
  };
  for (const backend of new Set([initial, 'cpu'])) on(backend, backend, true);
  on(`${initial} by tensors`, initial, false);
}

/**
 * The largest distance between the distribution of `samples` and that of `distribution(x) = P(X ≤ x)` (Kolmogorov–Smirnov).
 * For n samples of it, above 1.95/√n once in 1,000 times.
 */
export function distributionDistance(samples: readonly number[], distribution: (x: number) => number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return Math.max(
    ...sorted.map((x, i) => {
      const wanted = distribution(x);
      return Math.max(Math.abs((i + 1) / sorted.length - wanted), Math.abs(i / sorted.length - wanted));
    }),
  );
}
