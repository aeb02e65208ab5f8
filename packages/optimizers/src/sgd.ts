/** Stochastic gradient descent with momentum. */
import { ArgumentError } from '@kindred/core';
import { checkShare } from './checks.js';
import { decayAt } from './decays.js';
import { withMoments } from './moments.js';
import { sgdUpdate } from './ops/sgd-update.js';
import type { NamedParameters, Optimizer, ParameterFilter } from './optimizer.js';
import type { Schedule } from './schedules/schedule.js';

export interface SgdOptions {
  /** What is trained, by name. */
  readonly parameters: NamedParameters;
  /** m, the share of the velocity that is kept each step, in [0, 1). */
  readonly momentum: number;
  /** λ ≥ 0, added to the gradient as λ·w. May be a schedule over the steps done. */
  readonly weightDecay: number | Schedule;
  /** Nesterov's momentum, looking one step ahead. Needs a momentum above 0. Default: false. */
  readonly nesterov?: boolean;
  /** Parameters that are not decayed. Default: none, as in PyTorch. */
  readonly exclude?: ParameterFilter;
}

/**
 * Gradient descent with momentum, PyTorch's form: the learning rate stays outside of the velocity.
 *
 *     v ← m·v + g + λ·w
 *     w ← w − lr·v                    nesterov: w ← w − lr·(g + λ·w + m·v)
 *
 * State: `velocity.<name>` of each parameter, and `step`.
 *
 * @throws ArgumentError for an option outside of its range.
 *
 * @example
 * const w = tf.variable(tf.tensor1d([1]));
 * sgd({ parameters: { w }, momentum: 0.9, weightDecay: 0 }).step({ w: tf.tensor1d([2]) }, 0.1);
 * w.arraySync(); // => [0.8]
 *
 * @see Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"; torch.optim.SGD
 */
export function sgd({ parameters, momentum, weightDecay, nesterov = false, exclude }: SgdOptions): Optimizer {
  checkShare('sgd.momentum', momentum);
  const decay = decayAt('sgd.weightDecay', weightDecay);
  if (nesterov && momentum === 0) {
    throw new ArgumentError('sgd.nesterov', 'false if momentum is 0', true, 'Set a momentum above 0.');
  }
  const left = Object.entries(parameters).map(([name, variable]) => exclude?.(name, variable) === true);
  return withMoments('sgd', parameters, ['velocity'], ({ parameters: w, gradients, moments, step, learningRate }) => {
    const now = decay(step);
    const updated = sgdUpdate(w, moments[0]!, gradients, { learningRate, momentum, nesterov, weightDecay: left.map((excluded) => (excluded ? 0 : now)) });
    return { parameters: updated.parameters, moments: [updated.velocities] };
  });
}
