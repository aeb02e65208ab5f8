/** Learning rates for other batch sizes. */
import { checkAtLeast, checkOneOf, checkPositive } from './checks.js';

export interface ScaleLearningRateOptions {
  /** The learning rate at a batch of `reference`. */
  readonly base: number;
  /** Samples in a batch. The views of one sample count once. */
  readonly batchSize: number;
  /** `linear`: base·batch/reference. `sqrt`: base·√(batch/reference). */
  readonly rule: 'linear' | 'sqrt';
  /**
   * The batch size at which the rate is `base`. No default: 256 nearly everywhere, 128 in lightly's CIFAR recipes, 1 where
   * SimCLR writes 0.075·√batch.
   */
  readonly reference: number;
}

/**
 * A learning rate for another batch size.
 *
 * @throws ArgumentError for an option outside of its range.
 *
 * @example
 * scaleLearningRate({ base: 0.3, batchSize: 4096, rule: 'linear', reference: 256 }); // => 4.8
 * scaleLearningRate({ base: 0.075, batchSize: 4096, rule: 'sqrt', reference: 1 }); // => 4.8
 *
 * @see Goyal et al. 2017, "Accurate, Large Minibatch SGD"; Chen et al. 2020, SimCLR, B.1
 */
export function scaleLearningRate({ base, batchSize, rule, reference }: ScaleLearningRateOptions): number {
  checkAtLeast('scaleLearningRate.base', base, 0);
  checkPositive('scaleLearningRate.batchSize', batchSize);
  checkPositive('scaleLearningRate.reference', reference);
  checkOneOf('scaleLearningRate.rule', rule, ['linear', 'sqrt']);
  const ratio = batchSize / reference;
  return base * (rule === 'linear' ? ratio : Math.sqrt(ratio));
}
