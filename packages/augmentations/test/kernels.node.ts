/** The compiled kernels are those of their source. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { kernelMemory } from '../src/kernel-memory.js';
import { sourceHash } from '../src/pixel-kernels.js';

test('src/pixel-kernels.ts was compiled from wasm/pixels.ts as it is: npm run wasm -w @kindred/augmentations', () => {
  expect(sourceHash).toBe(createHash('sha256').update(readFileSync(new URL('../wasm/pixels.ts', import.meta.url))).digest('hex'));
});

test('memory grows as it is asked for, and what is reserved under a name stays at its place', () => {
  const memory = kernelMemory()!;
  const first = memory.reserve('a', 1000);
  memory.numbers()[first / 4] = 7;
  const second = memory.reserve('b', 10_000_000);
  expect(memory.bytes().length).toBeGreaterThan(10_000_000);
  expect(second).toBeGreaterThanOrEqual(first + 1000);
  expect(memory.reserve('a', 500)).toBe(first);
  expect(memory.numbers()[first / 4]).toBe(7);
  expect([first % 16, second % 16]).toEqual([0, 0]);
});

test('memory ends: images that grow a little at a time take at most three times what the largest takes', () => {
  const memory = kernelMemory()!;
  for (let bytes = 1000; bytes <= 4_000_000; bytes += 1000) memory.reserve('a', bytes);
  expect(memory.bytes().length).toBeLessThan(20_000_000);
});

test('where there is no WebAssembly there are no kernels', () => {
  vi.stubGlobal('WebAssembly', undefined);
  expect(kernelMemory()).toBeUndefined();
  vi.unstubAllGlobals();
});
