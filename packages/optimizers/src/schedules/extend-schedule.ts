/** A schedule for a run that is continued for longer than planned, or at another rate. */
import { ArgumentError, checkWhole } from '@kindred/core';
import type { Schedule } from './schedule.js';
import { warmupCosine } from './warmup-cosine.js';

export interface ExtendScheduleOptions {
  /** The schedule of the run so far. */
  readonly schedule: Schedule;
  /** The step from which on the extension holds: that of the checkpoint. */
  readonly from: number;
  /** Steps in all, those before `from` included. */
  readonly totalSteps: number;
  /** The value it first rises or falls to. Default: the value of `schedule` at `from`; required if that has come down to `final`. */
  readonly peak?: number;
  /** Steps of the linear change to `peak`; 0 jumps there. Default: 0. */
  readonly warmupSteps?: number;
  /** The value that step `totalSteps` would have. Default: 0. */
  readonly final?: number;
}

/**
 * `schedule` before `from`; then linear from its value there to `peak`, and half a cosine down to `final`.
 *
 * @throws ArgumentError for an option outside of its range, or if `schedule` has already come down to `final` and no `peak` is given.
 *
 * @example
 * const schedule = warmupCosine({ peak: 1, warmupSteps: 0, totalSteps: 100 });
 * // stopped in the middle, where the rate is 0.5, and given 100 steps more: no jump
 * [0, 50, 125, 200].map(extendSchedule({ schedule, from: 50, totalSteps: 200 })); // => [1, 0.5, 0.25, 0]
 * // finished, and begun again at a lower rate
 * [99, 100, 110, 155, 200].map(extendSchedule({ schedule, from: 100, totalSteps: 200, peak: 0.4, warmupSteps: 10 })); // => [0.0002467, 0, 0.4, 0.2, 0]
 */
export function extendSchedule({ schedule, from, totalSteps, peak, warmupSteps = 0, final = 0 }: ExtendScheduleOptions): Schedule {
  checkWhole('extendSchedule.from', from, 0);
  checkWhole('extendSchedule.totalSteps', totalSteps, 1);
  if (totalSteps <= from) throw new ArgumentError('extendSchedule.totalSteps', `more than from (${from})`, totalSteps);
  const start = schedule(from);
  if (peak === undefined && start <= final) {
    throw new ArgumentError('extendSchedule.peak', `a value, as the schedule has come down to ${start} at step ${from}`, undefined, 'Give the rate to go on with.');
  }
  const rest = warmupCosine({ start, peak: peak ?? start, warmupSteps, totalSteps: totalSteps - from, final });
  return (step) => (step < from ? schedule(step) : rest(step - from));
}
