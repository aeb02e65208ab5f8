/** What the training loop holds: networks, a strategy and a loss, joined. */
import {
  type ChosenPositives,
  type ContrastiveLoss,
  type Encoder,
  type Head,
  type Mode,
  type NamedTensors,
  type ParameterTree,
  type PositiveStrategy,
  prefixed,
  type Preparation,
  type Stateful,
  StateError,
  type StepOutputs,
  under,
} from '@kindred/core';
import { addN, mul, type Scalar, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { jointly, splitRows } from './jointly.js';
import type { MomentumNetwork } from './momentum-network.js';

/** What the trained networks make of the views. */
export type Forward = Pick<StepOutputs, 'projections' | 'predictions'>;

/** A contrastive method, ready to train. */
export interface Method extends Stateful {
  /** Its name in the field, lower case: `nnclr`. */
  readonly name: string;
  /** What is kept after training. */
  readonly encoder: Encoder;
  /** How many views of every image a step takes. */
  readonly views: number;
  /** What an optimiser trains, heads and the strategy's own parameters included. */
  parameters(): ParameterTree;
  /** What moves without a gradient. */
  buffers(): ParameterTree;
  /** What the momentum encoder makes of the views; absent where there is none. Outside of the gradient scope. */
  targets?(views: readonly Tensor4D[]): Tensor2D[];
  /** What moves in the momentum encoder with its own passes: its moving statistics, which `state` saves. */
  targetBuffers?(): ParameterTree;
  /** The pass over the dataset without training that the strategy needs before the first step; undefined where none. */
  prepare?(): Preparation | undefined;
  /** Runs the trained networks on the views, `[N, H, W, C]` each. Inside the gradient scope. */
  forward(views: readonly Tensor4D[], mode: Mode): Forward;
  /** The step's loss: the weighted sum over the strategy's pairs. Inside the gradient scope. */
  loss(outputs: StepOutputs): Scalar;
  /** After the optimiser's step: the momentum encoder follows, the strategy enqueues and the like. */
  update(outputs: StepOutputs): void;
  /** Numbers worth a curve, as of the last step. */
  diagnostics(): Readonly<Record<string, number>>;
  /** Which stored samples the last step took as positives for its first view; absent where the strategy does not tell. */
  chosen?(): ChosenPositives | undefined;
}

/** The parts of a method. */
export interface MethodParts {
  readonly name: string;
  /** The backbone, whose output is evaluated. */
  readonly encoder: Encoder;
  /** The head whose output is compared. */
  readonly projector: Head;
  /** A second head after the first, where the method has one (NNCLR, BYOL, SimSiam). */
  readonly predictor?: Head;
  /** A slow copy of encoder and projector, whose outputs are the targets (MoCo, BYOL). */
  readonly momentum?: MomentumNetwork;
  /** Chooses the positives. */
  readonly strategy: PositiveStrategy;
  /** Compares. */
  readonly loss: ContrastiveLoss;
  /**
   * `joint`: all views in one forward pass, sharing batch statistics (Google's SimCLR, lightly's benchmarks).
   * `separate`: one pass a view, each with its own statistics (the papers of NNCLR, BYOL and MoCo v3 as implemented by
   * solo-learn). The gradients differ, see `docs/architecture.md`. Views of several sizes (multi-crop) go through the
   * encoder one size after the other, then through the heads together, as in SwAV. Default: separate.
   */
  readonly forward?: 'joint' | 'separate' | undefined;
}

/**
 * Joins an encoder, its heads, a strategy and a loss to a method. This is all that tells one method from another.
 *
 * @throws StateError where the strategy needs what the parts do not make.
 *
 * @example
 * const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: random(1) });
 * const projector = projectionHead({ input: encoder.dimension, layers: [16, 8], batchNorm: 'hidden', random: random(2) });
 * const strategy = otherView({ directions: 'once' });
 * const simclr = composeMethod({ name: 'simclr', encoder, projector, strategy, loss: ntXent({ temperature: 0.5 }) });
 * simclr.views; // => 2
 */
export function composeMethod(parts: MethodParts): Method {
  const { name, encoder, projector, predictor, momentum, strategy, loss, forward = 'separate' } = parts;
  const made = { predictions: predictor !== undefined, targets: momentum !== undefined, labels: true };
  for (const need of strategy.needs) {
    if (!made[need]) {
      throw new StateError(`composeMethod.${name}`, `the strategy needs ${need}, no part makes them.`, remedies[need]);
    }
  }
  const learned = strategy.parameters?.();
  const networks = { encoder, projector, ...(predictor && { predictor }) };
  const trees = (kind: 'parameters' | 'buffers'): ParameterTree =>
    Object.fromEntries(Object.entries(networks).map(([part, network]) => [part, network[kind]()]));

  const one = (images: Tensor4D, mode: Mode): { projection: Tensor2D; prediction?: Tensor2D } => {
    const projection = projector.apply(encoder.apply(images, mode), mode);
    return predictor === undefined ? { projection } : { projection, prediction: predictor.apply(projection, mode) };
  };

  return {
    name,
    encoder,
    views: strategy.views,
    parameters: () => ({ ...trees('parameters'), ...(learned && { strategy: learned }) }),
    buffers: () => trees('buffers'),
    ...(momentum && { targets: (views: readonly Tensor4D[]) => momentum.targets(views), targetBuffers: () => momentum.buffers() }),
    ...(strategy.prepare && { prepare: () => strategy.prepare!() }),
    forward(views, mode) {
      if (forward === 'separate') {
        const results = views.map((images) => one(images, mode));
        return collect(results.map((r) => r.projection), results.map((r) => r.prediction));
      }
      const projection = projector.apply(jointly(views, (images) => encoder.apply(images, mode)), mode);
      const prediction = predictor?.apply(projection, mode);
      const parted = (joined: Tensor2D): Tensor2D[] => splitRows(joined, views.length);
      return collect(parted(projection), prediction === undefined ? [] : parted(prediction));
    },
    loss: (outputs) =>
      tidy(() => {
        const pairs = strategy.select(outputs);
        if (pairs.length === 0) throw new StateError(`${name}.loss`, 'the strategy chose no pairs.', 'It must choose at least one.');
        const terms = pairs.map((pair) => mul(loss(pair), pair.weight));
        return (terms.length === 1 ? terms[0]! : addN(terms)) as Scalar;
      }),
    update(outputs) {
      momentum?.update();
      strategy.update(outputs);
    },
    diagnostics: () => strategy.diagnostics?.() ?? {},
    ...(strategy.chosen && { chosen: () => strategy.chosen!() }),
    state: (): NamedTensors => ({
      ...prefixed('strategy', strategy.state()),
      ...(momentum && prefixed('momentum', momentum.state())),
    }),
    restore(state) {
      momentum?.restore(under('momentum', state));
      strategy.restore(under('strategy', state));
    },
  };
}

const remedies = {
  predictions: 'Give a predictor, for instance predictionHead().',
  targets: 'Give momentum, for instance momentumNetwork().',
  labels: 'Train on a dataset with labels.',
} as const;

function collect(projections: Tensor2D[], predictions: (Tensor2D | undefined)[]): Forward {
  return predictions[0] === undefined ? { projections } : { projections, predictions: predictions as Tensor2D[] };
}
