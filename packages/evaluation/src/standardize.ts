/** Mean and deviation of every dimension. */
import type { Features } from './features.js';

/** What each dimension is shifted and scaled by: `(x − mean) / deviation`. */
export interface Scaling {
  /** `[D]` */
  readonly mean: Float64Array;
  /** `[D]`, the population's (divided by N); 1 if all rows are equal. */
  readonly deviation: Float64Array;
}

/** The scaling that gives every dimension mean 0 and deviation 1, computed in float64. */
export function standardScaling({ values, dimension }: Pick<Features, 'values' | 'dimension'>): Scaling {
  const rows = values.length / dimension;
  const mean = new Float64Array(dimension);
  for (let start = 0; start < values.length; start += dimension) {
    for (let d = 0; d < dimension; d++) mean[d]! += values[start + d]!;
  }
  for (let d = 0; d < dimension; d++) mean[d]! /= rows;
  const variance = new Float64Array(dimension);
  for (let start = 0; start < values.length; start += dimension) {
    for (let d = 0; d < dimension; d++) {
      const off = values[start + d]! - mean[d]!;
      variance[d]! += off * off;
    }
  }
  for (let d = 0; d < dimension; d++) variance[d]! /= rows;
  // equal rows leave rounding errors of about 1e-16 of the mean, which must not be scaled up to deviation 1
  const deviation = variance.map((v, d) => (Math.sqrt(v) > 1e-12 * Math.abs(mean[d]!) ? Math.sqrt(v) : 1));
  return { mean, deviation };
}

/** The scaling that changes nothing. */
export function noScaling(dimension: number): Scaling {
  return { mean: new Float64Array(dimension), deviation: new Float64Array(dimension).fill(1) };
}

/** Rows `start`..`end − 1`, scaled, as a copy. */
export function scaled({ values, dimension }: Features, { mean, deviation }: Scaling, start: number, end: number): Float32Array {
  const first = start * dimension;
  const result = new Float32Array(end * dimension - first);
  const factor = deviation.map((value) => 1 / value);
  for (let at = 0; at < result.length; at += dimension) {
    for (let d = 0; d < dimension; d++) result[at + d] = (values[first + at + d]! - mean[d]!) * factor[d]!;
  }
  return result;
}
