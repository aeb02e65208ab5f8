/** Generic input: normal numbers from a seed. */
import { random } from '@kindred/core';

export function normalRows(seed: number, count: number, dimension: number): number[][] {
  const stream = random(seed);
  // float32, as the tensors will hold them
  return Array.from({ length: count }, () => Array.from({ length: dimension }, () => Math.fround(stream.normal())));
}

export const ids = (...values: number[]): Int32Array => Int32Array.from(values);

/** 0, 1, ..., count − 1. */
export const upTo = (count: number, start = 0): Int32Array => Int32Array.from({ length: count }, (_, i) => start + i);
