/** The decay of a momentum encoder, rising along half a cosine. */
import { checkShare } from '../checks.js';
import { ArgumentError, checkWhole } from '@kindred/core';
import type { Schedule } from './schedule.js';

export interface CosineRampOptions {
  /** τ₀, the decay of step 0, in [0, 1). */
  readonly start: number;
  /** K, the steps in all. */
  readonly totalSteps: number;
  /** The decay that step K would have, at most 1. Default: 1. */
  readonly final?: number;
}

/**
 * `τ = final − (final − τ₀)·(1 + cos(πk/K))/2` at step k: the share of a momentum encoder that is kept. From K on it is
 * `final`.
 *
 * @throws ArgumentError for an option outside of its range.
 *
 * @example
 * [0, 50, 100].map(cosineRamp({ start: 0.99, totalSteps: 100 })); // => [0.99, 0.995, 1]
 *
 * @see Grill et al. 2020, "Bootstrap Your Own Latent", section 3.2
 */
export function cosineRamp({ start, totalSteps, final = 1 }: CosineRampOptions): Schedule {
  checkShare('cosineRamp.start', start);
  checkWhole('cosineRamp.totalSteps', totalSteps, 1);
  if (!(final >= start && final <= 1)) throw new ArgumentError('cosineRamp.final', `a number of start (${start}) to 1`, final);
  return (step) => (step >= totalSteps ? final : final - ((final - start) * (1 + Math.cos((Math.PI * step) / totalSteps))) / 2);
}
