/** Generic rows, and float64 loops that compute the same measures. */
import { random } from '@kindred/core';
import type { Features } from '@kindred/evaluation';

/** Rows in overlapping clusters, no two alike. */
export function someRows(seed: number, count: number, dimension = 4, groups = 3): Features {
  const draws = random(seed);
  const centers = Array.from({ length: groups * dimension }, () => 2 * draws.normal());
  const group = Array.from({ length: count }, () => draws.integer(groups));
  const values = Float32Array.from({ length: count * dimension }, (_, i) => centers[group[Math.floor(i / dimension)]! * dimension + (i % dimension)]! + draws.normal());
  return { values, dimension };
}

/** Rows of length 1 as lists. */
export function unitLists({ values, dimension }: Features): number[][] {
  return Array.from({ length: values.length / dimension }, (_, row) => {
    const own = [...values.subarray(row * dimension, (row + 1) * dimension)];
    const length = Math.hypot(...own);
    return own.map((value) => value / length);
  });
}

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, d) => sum + value * b[d]!, 0);
export const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((value, d) => value - b[d]!));
