/** Summarises several seeds as one figure. */
import { ArgumentError } from '@kindred/core';

/** A mean, and the deviation of single values from it. A type, as figures of evaluations are records. */
export type MeanAndDeviation = {
  readonly mean: number;
  /** The sample's deviation, divided by n − 1; 0 for a single value. */
  readonly deviation: number;
};

/**
 * Mean and sample deviation of the same figure over several seeds or draws.
 *
 *     deviation = √( Σ (x − mean)² / (n − 1) )
 *
 * @param values At least one, all finite.
 * @throws ArgumentError
 *
 * @example
 * meanAndDeviation([1, 2, 3]); // => { mean: 2, deviation: 1 }
 */
export function meanAndDeviation(values: readonly number[]): MeanAndDeviation {
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new ArgumentError('meanAndDeviation.values', 'one finite number or more', values);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}
