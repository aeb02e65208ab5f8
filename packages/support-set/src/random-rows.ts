/** Placeholder rows, uniform on the unit sphere. */
import type { Random } from '@kindred/core';

/** `count` rows of length 1, uniform on the sphere: normal numbers, each row divided by its length. Row-major. */
export function randomRows(random: Random, count: number, dimension: number): Float32Array {
  const values = new Float32Array(count * dimension);
  const row = new Float64Array(dimension);
  for (let begin = 0; begin < values.length; begin += dimension) {
    random.fillNormal(row);
    let squares = 0;
    for (const value of row) squares += value * value;
    values.set(row, begin);
    const length = Math.sqrt(squares);
    for (let at = begin; at < begin + dimension; at++) values[at]! /= length;
  }
  return values;
}
