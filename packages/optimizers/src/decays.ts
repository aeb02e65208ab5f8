/** Weight decay as a number or a schedule. */
import { checkAtLeast } from './checks.js';
import type { Schedule } from './schedules/schedule.js';

/**
 * The decay of an update, by its number, counted from 1.
 *
 * @throws ArgumentError for a number below 0 or not finite: at once, or at the step for which a schedule gives it
 */
export function decayAt(where: string, weightDecay: number | Schedule): (update: number) => number {
  const checked = (value: number): number => {
    checkAtLeast(where, value, 0);
    return value;
  };
  if (typeof weightDecay === 'function') return (update) => checked(weightDecay(update - 1));
  checked(weightDecay);
  return () => weightDecay;
}
