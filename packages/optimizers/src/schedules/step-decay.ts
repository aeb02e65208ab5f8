/** A schedule that falls at milestones. */
import { ArgumentError } from '@kindred/core';
import { checkAtLeast, checkPositive } from '../checks.js';
import type { Schedule } from './schedule.js';

export interface StepDecayOptions {
  /** The value before the first milestone. */
  readonly initial: number;
  /** The steps from which the value is multiplied once more, in rising order. */
  readonly milestones: readonly number[];
  /** The factor: usually 0.1. */
  readonly factor: number;
}

/**
 * `initial · factor^k` after k milestones; the step of a milestone has the new value.
 *
 * @throws ArgumentError for an option outside of its range, or milestones that do not rise.
 *
 * @example
 * [59, 60, 80].map(stepDecay({ initial: 30, milestones: [60, 80], factor: 0.1 })); // => [30, 3, 0.3]
 *
 * @see He et al. 2020, "Momentum Contrast", whose linear probe has this one
 */
export function stepDecay({ initial, milestones, factor }: StepDecayOptions): Schedule {
  checkAtLeast('stepDecay.initial', initial, 0);
  checkPositive('stepDecay.factor', factor);
  if (milestones.some((step, i) => !Number.isSafeInteger(step) || step < 0 || (i > 0 && step <= milestones[i - 1]!))) {
    throw new ArgumentError('stepDecay.milestones', 'whole numbers that rise', milestones);
  }
  return (step) => initial * factor ** milestones.filter((milestone) => milestone <= step).length;
}
