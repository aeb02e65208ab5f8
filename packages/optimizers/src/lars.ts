/** Layer-wise adaptive rate scaling, for large batches. */
import { add, div, greater, logicalAnd, minimum, mul, onesLike, sqrt, type Tensor, type Tensor1D, tidy, unstack, where } from '@tensorflow/tfjs-core';
import { checkAtLeast, checkOneOf, checkPositive, checkShare } from './checks.js';
import { decayAt } from './decays.js';
import { withMoments } from './moments.js';
import { sgdUpdate } from './ops/sgd-update.js';
import { squaredNorms } from './ops/squared-norms.js';
import type { NamedParameters, Optimizer, ParameterFilter } from './optimizer.js';
import type { Schedule } from './schedules/schedule.js';

export interface LarsOptions {
  /** What is trained, by name. */
  readonly parameters: NamedParameters;
  /** m, the share of the velocity that is kept each step, in [0, 1). */
  readonly momentum: number;
  /** λ ≥ 0, added to the gradient as λ·w. May be a schedule over the steps done. */
  readonly weightDecay: number | Schedule;
  /** η > 0. No default: published values are 0.001 (SimCLR, BYOL, SwAV) and, with `clip`, 0.02 (solo-learn). */
  readonly trustCoefficient: number;
  /** Parameters that are neither decayed nor adapted; `biasAndNorm`, or `() => false` for none (SwAV). */
  readonly exclude: ParameterFilter;
  /**
   * What the length of a layer is divided by. `sum`: ‖g + λw‖ (SimCLR, BYOL, Barlow Twins, VICReg, MoCo v3).
   * `separate`: ‖g‖ + λ‖w‖ + ε (You et al. 2017, lightly, solo-learn).
   */
  readonly form: 'sum' | 'separate';
  /**
   * `inside`: v ← m·v + lr·r·(g + λw), w ← w − v (Google's SimCLR): a change of the learning rate affects new gradients
   * only. `outside`: v ← m·v + r·(g + λw), w ← w − lr·v (nearly all others).
   */
  readonly learningRatePlacement: 'inside' | 'outside';
  /**
   * LARC's clipping: r ← min(r / lr, 1), so that a layer moves at its own rate and never faster than plain SGD would.
   * Default: false.
   */
  readonly clip?: boolean;
  /** ε ≥ 0 of the form `separate`. Default: 0; lightly and solo-learn have 1e-8. */
  readonly epsilon?: number;
}

/**
 * Momentum with a rate for each layer: r = η·‖w‖ / ‖g + λw‖ (or ‖g‖ + λ‖w‖ + ε), 1 if a length is 0. The options
 * name every point on which published code differs.
 *
 * State: `velocity.<name>` of each parameter, and `step`.
 *
 * @throws ArgumentError for an option outside of its range.
 *
 * @example
 * const w = tf.variable(tf.tensor2d([[3, 4]]));                            // ‖w‖ = 5
 * const google = { form: 'sum', learningRatePlacement: 'inside', exclude: biasAndNorm } as const;
 * lars({ parameters: { w }, momentum: 0.9, weightDecay: 0, trustCoefficient: 0.1, ...google })
 *   .step({ w: tf.tensor2d([[0, 2]]) }, 1);                                // r = 0.1·5/2
 * w.arraySync(); // => [[3, 3.5]]
 *
 * @see You et al. 2017, "Large Batch Training of Convolutional Networks", algorithm 1
 */
export function lars(options: LarsOptions): Optimizer {
  const { parameters, momentum, exclude, form, learningRatePlacement } = options;
  checkShare('lars.momentum', momentum);
  const decay = decayAt('lars.weightDecay', options.weightDecay);
  checkPositive('lars.trustCoefficient', options.trustCoefficient);
  checkAtLeast('lars.epsilon', options.epsilon ?? 0, 0);
  checkOneOf('lars.form', form, ['sum', 'separate']);
  checkOneOf('lars.learningRatePlacement', learningRatePlacement, ['inside', 'outside']);
  const entries = Object.entries(parameters);
  const left = entries.map(([name, variable]) => exclude(name, variable));
  const adapted = entries.flatMap((_, i) => (left[i] ? [] : [i]));
  const excluded = entries.flatMap((_, i) => (left[i] ? [i] : []));
  const inside = learningRatePlacement === 'inside';

  return withMoments('lars', parameters, ['velocity'], ({ parameters: w, gradients, moments, step, learningRate }) => {
    const weightDecay = decay(step);
    // the input of the momentum: r·(g + λw), times the learning rate if that goes inside
    const scaled = [...gradients];
    if (inside) excluded.forEach((i) => (scaled[i] = mul(gradients[i]!, learningRate)));
    if (adapted.length > 0) {
      const plain = adapted.map((i) => gradients[i]!);
      const weights = adapted.map((i) => w[i]!);
      const decayed = weightDecay === 0 ? plain : plain.map((g, k) => tidy(() => add(g, mul(weights[k]!, weightDecay))));
      const ratios = trustRatios(weights, plain, decayed, learningRate, { ...options, weightDecay });
      const rates = unstack(inside ? mul(ratios, learningRate) : ratios);
      rates.forEach((rate, k) => (scaled[adapted[k]!] = mul(decayed[k]!, rate)));
    }
    const updated = sgdUpdate(w, moments[0]!, scaled, {
      learningRate: inside ? 1 : learningRate,
      momentum,
      nesterov: false,
      weightDecay: entries.map(() => 0),
    });
    return { parameters: updated.parameters, moments: [updated.velocities] };
  });
}

/** r of each layer, as one vector: on a graphics card a number read back would stall the queue. */
function trustRatios(
  weights: readonly Tensor[],
  gradients: readonly Tensor[],
  decayed: readonly Tensor[],
  learningRate: number,
  { form, trustCoefficient, weightDecay, epsilon = 0, clip = false }: LarsOptions & { readonly weightDecay: number },
): Tensor1D {
  return tidy(() => {
    const lengths = sqrt(squaredNorms(weights));
    const steps = sqrt(squaredNorms(form === 'sum' ? decayed : gradients));
    const divisor = form === 'sum' ? steps : add(add(steps, mul(lengths, weightDecay)), epsilon);
    const nonzero = logicalAnd(greater(lengths, 0), greater(steps, 0));
    const one = onesLike(lengths);
    const ratio = where(nonzero, mul(div(lengths, where(nonzero, divisor, one)), trustCoefficient), one);
    // at a learning rate of 0 a layer's own rate is above it, so the quotient Infinity and its bound 1 are right
    return (clip ? where(nonzero, minimum(div(ratio, learningRate), 1), one) : ratio) as Tensor1D;
  });
}
