/** A schedule that does not change. */
import { ArgumentError } from '@kindred/core';
import type { Schedule } from './schedule.js';

/**
 * The same value at every step.
 *
 * @throws ArgumentError unless it is a finite number.
 *
 * @example
 * constant(0.3)(1000); // => 0.3
 */
export function constant(value: number): Schedule {
  if (!Number.isFinite(value)) throw new ArgumentError('constant.value', 'a finite number', value);
  return () => value;
}
