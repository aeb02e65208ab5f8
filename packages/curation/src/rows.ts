/** Checks and prepares the rows that the functions of this package take. */
import { ArgumentError, unitRows } from '@kindred/core';
import { countRows, type Features } from '@kindred/evaluation';

/**
 * Checks that features consist of rows of finite numbers.
 *
 * @returns N, at least 1.
 * @throws ArgumentError
 */
export function checkRows(where: string, features: Features): number {
  const { values, dimension } = features;
  if (!(Number.isInteger(dimension) && dimension > 0)) throw new ArgumentError(`${where}.features.dimension`, 'a whole number above 0', dimension);
  const rows = countRows(features);
  if (!(Number.isInteger(rows) && rows > 0)) {
    throw new ArgumentError(`${where}.features.values.length`, `a multiple of dimension (${dimension}) above 0`, values.length);
  }
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new ArgumentError(`${where}.features.values`, `finite numbers; row ${Math.floor(at / dimension)} has another`, values[at]);
  return rows;
}

/** A copy of the rows, scaled to length 1. @throws ArgumentError for a row of zeros, which has no direction. */
export const unitFeatures = (where: string, { values, dimension }: Features): Float32Array => unitRows(values, dimension, 'refuse', `${where}.features.values`);

/** Checks the number of rows asked for. @throws ArgumentError */
export function checkCount(where: string, name: string, count: number, most: number, of: string): void {
  if (!(Number.isInteger(count) && count >= 1 && count <= most)) throw new ArgumentError(`${where}.${name}`, `a whole number of 1..${most}, ${of}`, count);
}

/** Row numbers sorted by score, the largest first; among equals the lower number first. */
export function byScore(scores: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[b]! - scores[a]! || a - b);
}
