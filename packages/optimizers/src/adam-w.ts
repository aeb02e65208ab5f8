/** Adam with decoupled weight decay. */
import { checkPositive, checkShare } from './checks.js';
import { decayAt } from './decays.js';
import { withMoments } from './moments.js';
import { adamUpdate } from './ops/adam-update.js';
import type { NamedParameters, Optimizer, ParameterFilter } from './optimizer.js';
import type { Schedule } from './schedules/schedule.js';

export interface AdamWOptions {
  /** What is trained, by name. */
  readonly parameters: NamedParameters;
  /** β₁, the share of the mean gradient that is kept each step, in [0, 1). Usually 0.9. */
  readonly beta1: number;
  /** β₂, the share of the mean square that is kept each step, in [0, 1). Usually 0.999, less for transformers. */
  readonly beta2: number;
  /** ε > 0, added to the root of the mean square. Usually 1e-8. */
  readonly epsilon: number;
  /** λ ≥ 0: a step scales the weights by 1 − lr·λ. May be a schedule over the steps done (DINO: a cosine from 0.04 to 0.4). */
  readonly weightDecay: number | Schedule;
  /** Parameters that are not decayed; `biasAndNorm`, or `() => false` for none. */
  readonly exclude: ParameterFilter;
}

/**
 * Adam with decoupled weight decay, PyTorch's form: the decay is scaled by the learning rate, not by the moments.
 *
 *     a ← β₁·a + (1 − β₁)·g,   b ← β₂·b + (1 − β₂)·g²
 *     w ← w·(1 − lr·λ) − lr · a/(1 − β₁ᵗ) / (√(b/(1 − β₂ᵗ)) + ε)
 *
 * State: `first.<name>` (a) and `second.<name>` (b) of each parameter, and `step` (t).
 *
 * @throws ArgumentError for an option outside of its range.
 *
 * @example
 * const w = tf.variable(tf.tensor1d([1]));
 * const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, exclude: biasAndNorm };
 * adamW({ parameters: { w }, ...adam }).step({ w: tf.tensor1d([2]) }, 0.1);
 * w.arraySync(); // => [0.9]
 *
 * @see Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2; torch.optim.AdamW
 */
export function adamW({ parameters, beta1, beta2, epsilon, weightDecay, exclude }: AdamWOptions): Optimizer {
  checkShare('adamW.beta1', beta1);
  checkShare('adamW.beta2', beta2);
  checkPositive('adamW.epsilon', epsilon);
  const decay = decayAt('adamW.weightDecay', weightDecay);
  const left = Object.entries(parameters).map(([name, variable]) => exclude(name, variable));
  return withMoments('adamW', parameters, ['first', 'second'], ({ parameters: w, gradients, moments, step, learningRate }) => {
    const now = decay(step);
    const attributes = { learningRate, beta1, beta2, epsilon, step, weightDecay: left.map((excluded) => (excluded ? 0 : now)) };
    const updated = adamUpdate(w, moments[0]!, moments[1]!, gradients, attributes);
    return { parameters: updated.parameters, moments: [updated.first, updated.second] };
  });
}
