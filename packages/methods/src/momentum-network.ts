/** The momentum encoder: a slow copy of the networks, whose outputs are targets. */
import {
  checkParameters,
  counters,
  disposeParameters,
  type Encoder,
  flattenParameters,
  type Head,
  type ParameterTree,
  readParameters,
  type Stateful,
  StateError,
  writeParameters,
} from '@kindred/core';
import { add, mul, sub, type Tensor, type Tensor2D, type Tensor4D, tidy, type Variable } from '@tensorflow/tfjs-core';
import { jointly, splitRows } from './jointly.js';

/** The same networks twice: online and slow. */
export interface MomentumNetworkOptions<Input extends Tensor = Tensor4D> {
  /** What the optimiser trains. */
  readonly online: { readonly encoder: Encoder<Input>; readonly projector: Head };
  /** Fresh networks of the same settings; their weights and moving statistics are overwritten by the online ones'. */
  readonly target: { readonly encoder: Encoder<Input>; readonly projector: Head };
  /**
   * m, the share of a target weight that a step keeps, as a function of the steps done. MoCo: 0.999 throughout; BYOL, MoCo v3: a cosine
   * from their start to 1 (`cosineRamp` of `@kindred/optimizers`).
   */
  readonly decay: (step: number) => number;
  /** One forward pass for all views, or one per view, as `MethodParts.forward`; views of several sizes likewise. Default: separate. */
  readonly forward?: 'joint' | 'separate';
}

/** Makes a step's targets, and follows the online networks. */
export interface MomentumNetwork<Input extends Tensor = Tensor4D> extends Stateful {
  /** The target projections, `[N, D]` per view. Call outside of the gradient scope; the tensors are the caller's. */
  targets(views: readonly Input[]): Tensor2D[];
  /** What its own passes change: the target's moving statistics. */
  buffers(): ParameterTree;
  /** target ← m · target + (1 − m) · online, after the optimiser's step. */
  update(): void;
}

/**
 * Starts as a copy of the online networks. Averages parameters only, as MoCo and BYOL do: the target's moving statistics follow its own
 * forward passes, which run in train mode. Steps are counted in its state.
 *
 * @throws StateError if online and target differ in names or shapes.
 *
 * @example
 * const make = (seed: number) => ({
 *   encoder: smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: random(seed) }),
 *   projector: projectionHead({ input: 8, layers: [4], batchNorm: 'none', random: random(seed).fork('head') }),
 * });
 * const slow = momentumNetwork({ online: make(1), target: make(2), decay: () => 0.99 });
 * slow.targets([tf.ones([2, 8, 8, 1])])[0]!.shape; // => [2, 4]
 *
 * @see He et al. 2020, MoCo, equation 2; Grill et al. 2020, BYOL, equation 1
 */
export function momentumNetwork<Input extends Tensor = Tensor4D>(options: MomentumNetworkOptions<Input>): MomentumNetwork<Input> {
  const { online, target, decay, forward = 'separate' } = options;
  const tree = ({ encoder, projector }: typeof online, kind: 'parameters' | 'buffers'): ParameterTree => ({
    encoder: encoder[kind](),
    projector: projector[kind](),
  });
  const fast = flattenParameters(tree(online, 'parameters'));
  const slow = flattenParameters(tree(target, 'parameters'));
  const all = { ...slow, ...flattenParameters(tree(target, 'buffers')) };
  writeParameters('momentumNetwork.target', all, { ...readParameters(tree(online, 'parameters')), ...readParameters(tree(online, 'buffers')) });
  const pairs = Object.keys(slow).map((name): [Variable, Variable] => [slow[name]!, fast[name]!]);
  const done = counters('momentumNetwork', ['step']);

  const embed = (inputs: Input): Tensor2D => target.encoder.apply(inputs, 'train');
  const project = (embeddings: Tensor2D): Tensor2D => target.projector.apply(embeddings, 'train');
  return {
    targets: (views) =>
      tidy(() => (forward === 'joint' ? splitRows(project(jointly(views, embed)), views.length) : views.map((inputs) => project(embed(inputs))))),
    buffers: () => tree(target, 'buffers'),
    update() {
      const { step } = done.values;
      const m = decay(step);
      if (!(m >= 0 && m <= 1)) {
        throw new StateError('momentumNetwork.decay', `gave ${m} at step ${step}, expected a number of 0..1.`, 'It is the share that stays.');
      }
      done.values.step++;
      // t + (1 − m)(o − t): exact where m is 1 or both are equal
      tidy(() => pairs.forEach(([t, o]) => t.assign(add(t, mul(sub(o, t), 1 - m)))));
    },
    state: () => ({ ...readParameters(all), ...done.state() }),
    check({ step, ...values }) {
      const where = 'momentumNetwork.check';
      const restores = [done.check(step === undefined ? {} : { step }), checkParameters(where, all, values)];
      return () => restores.forEach((restore) => restore());
    },
    dispose: () => disposeParameters(all),
  };
}
