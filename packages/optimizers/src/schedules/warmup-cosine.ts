/** The learning rate of most contrastive recipes: a linear rise, then half a cosine down. */
import { ArgumentError, checkWhole } from '@kindred/core';
import { checkAtLeast } from '../checks.js';
import type { Schedule } from './schedule.js';

export interface WarmupCosineOptions {
  /** The value at the end of the warm-up. */
  readonly peak: number;
  /** Steps of the linear rise, 0 for none. */
  readonly warmupSteps: number;
  /** Steps in all, warm-up included. */
  readonly totalSteps: number;
  /** The value of step 0. Default: 0, so that the first step changes nothing. */
  readonly start?: number;
  /** The value that step `totalSteps` would have. Default: 0. */
  readonly final?: number;
  /**
   * Whether the ends belong to the training, as in lightly: the first step is one part of the rise above `start`, the last
   * step of the warm-up has `peak`, the step after it too, and the last step of all has `final`. Default: false.
   */
  readonly inclusive?: boolean;
}

/**
 * Linear from `start` at step 0 to `peak` at step `warmupSteps`, then `final + (peak − final)·(1 + cos πp)/2`, p the share
 * of the remaining steps that is done. From `totalSteps` on it is `final`.
 *
 * With `start: 0` the first step has rate 0, as in SimCLR, BYOL and MoCo v3; solo-learn starts at 3e-5.
 *
 * `inclusive` (lightly): with w and T for warm-up and total, step k < w has `start + (peak − start)·(k + 1)/w`, later ones have
 * p = (k − w)/(T − w − 1).
 *
 * @throws ArgumentError for an option outside of its range.
 *
 * @example
 * const rate = warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: 110 });
 * [0, 5, 10, 60, 110].map(rate); // => [0, 0.5, 1, 0.5, 0]
 * [0, 4, 5, 6, 19].map(warmupCosine({ peak: 0.3, warmupSteps: 5, totalSteps: 20, final: 0.001, inclusive: true })); // => [0.06, 0.3, 0.3, 0.296251, 0.001]
 *
 * @see Loshchilov and Hutter 2017, "SGDR", equation 5; Goyal et al. 2017 for the warm-up
 */
export function warmupCosine({ peak, warmupSteps, totalSteps, start = 0, final = 0, inclusive = false }: WarmupCosineOptions): Schedule {
  checkAtLeast('warmupCosine.peak', peak, 0);
  checkAtLeast('warmupCosine.start', start, 0);
  checkAtLeast('warmupCosine.final', final, 0);
  checkWhole('warmupCosine.totalSteps', totalSteps, 1);
  checkWhole('warmupCosine.warmupSteps', warmupSteps, 0);
  if (warmupSteps > totalSteps) {
    throw new ArgumentError('warmupCosine.warmupSteps', `at most totalSteps (${totalSteps})`, warmupSteps, 'Train longer or warm up less.');
  }
  // the step that has `final`
  const last = inclusive ? totalSteps - 1 : totalSteps;
  return (step) => {
    if (step < warmupSteps) return start + ((peak - start) * (inclusive ? step + 1 : step)) / warmupSteps;
    if (step >= last) return final;
    return final + ((peak - final) * (1 + Math.cos((Math.PI * (step - warmupSteps)) / (last - warmupSteps)))) / 2;
  };
}
