/** Rows that mean nothing yet: uniform on the unit sphere. */
import type { Random } from '@kindred/core';

/**
 * `count` rows of length 1, uniform on the sphere: normal numbers in pairs (Box–Muller), each row divided by its length.
 * Row-major.
 */
export function randomRows(random: Random, count: number, dimension: number): Float32Array {
  const values = new Float32Array(count * dimension);
  for (let begin = 0; begin < values.length; begin += dimension) {
    let squares = 0;
    for (let at = begin; at < begin + dimension; at += 2) {
      const radius = Math.sqrt(-2 * Math.log((random.uint32() + 0.5) / 2 ** 32));
      const angle = (2 * Math.PI * random.uint32()) / 2 ** 32;
      const [first, second] = [radius * Math.cos(angle), radius * Math.sin(angle)];
      values[at] = first;
      squares += first * first;
      if (at + 1 === begin + dimension) continue;
      values[at + 1] = second;
      squares += second * second;
    }
    const length = Math.sqrt(squares);
    for (let at = begin; at < begin + dimension; at++) values[at]! /= length;
  }
  return values;
}
