/** Rows of numbers brought to length 1. */
import { ArgumentError } from './errors.js';

/** What becomes of a row of zeros, which points nowhere: it stays, and its cosine with every row is 0; or it is refused. */
export type ZeroRows = 'keep' | 'refuse';

/**
 * Rows scaled to length 1, as a copy: a product of two is their cosine.
 *
 * @param values `[N, D]`, row-major.
 * @param where Named in the error.
 * @throws ArgumentError for a row of zeros that is to be refused.
 *
 * @example
 * unitRows(Float32Array.of(3, 4, 0, 0), 2, 'keep'); // => [0.6, 0.8, 0, 0]
 */
export function unitRows(values: Float32Array, dimension: number, zeros: ZeroRows, where = 'unitRows.values'): Float32Array {
  const unit = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += dimension) {
    let squares = 0;
    for (let d = start; d < start + dimension; d++) squares += values[d]! ** 2;
    if (squares === 0 && zeros === 'refuse') {
      throw new ArgumentError(where, `rows that point somewhere; row ${start / dimension} is all zeros`, 0, 'Leave it out.');
    }
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let d = start; d < start + dimension; d++) unit[d] = values[d]! * scale;
  }
  return unit;
}
