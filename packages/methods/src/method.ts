/** What the training loop works with: networks, a strategy and a loss, joined. */
import {
  ArgumentError,
  type ChosenPositives,
  type ContrastiveLoss,
  disposeParameters,
  type Encoder,
  type FirstPass,
  type Head,
  joinParts,
  type Mode,
  type PairKind,
  type ParameterTree,
  type PositiveStrategy,
  type Stateful,
  statelessPart,
  StateError,
  type StepOutputs,
} from '@kindred/core';
import { addN, mul, type Scalar, type Tensor, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { jointly, splitRows } from './jointly.js';
import type { MomentumNetwork } from './momentum-network.js';
import { withoutMirrored } from './without-mirrored.js';

/** The trained networks' outputs for the views. */
export type Forward = Pick<StepOutputs, 'projections' | 'predictions' | 'features'>;

/** A contrastive method, ready to train. */
export interface Method<Input extends Tensor = Tensor4D> extends Stateful {
  /** Its name in the field, lower case: `nnclr`. */
  readonly name: string;
  /** What is kept after training. */
  readonly encoder: Encoder<Input>;
  /** How many views of every sample a step takes. */
  readonly views: number;
  /** What an optimiser trains, heads and the strategy's own parameters included. */
  parameters(): ParameterTree;
  /** What changes without a gradient. */
  buffers(): ParameterTree;
  /** The momentum encoder's outputs for the views; absent if the method has none. Outside of the gradient scope. */
  targets?(views: readonly Input[]): Tensor2D[];
  /** What the momentum encoder's own passes change: its moving statistics, which `state` saves. */
  targetBuffers?(): ParameterTree;
  /** The pass over the dataset without training that the strategy needs before the first step; undefined if it needs none. */
  firstPass?(): FirstPass | undefined;
  /** Runs the trained networks on the views, N samples each. Inside the gradient scope. */
  forward(views: readonly Input[], mode: Mode): Forward;
  /** The step's loss: the weighted sum over the strategy's pairs. Inside the gradient scope. */
  loss(outputs: StepOutputs): Scalar;
  /** After the optimiser's step: the momentum encoder follows, the strategy enqueues, and so on. */
  update(outputs: StepOutputs): void;
  /** Numbers worth plotting, as of the last step. */
  diagnostics(): Readonly<Record<string, number>>;
  /** Which stored samples the last step took as positives for its first view; absent if the strategy stores none. */
  chosen?(): ChosenPositives | undefined;
  /** Frees everything: the networks, the momentum encoder, the strategy and what it holds. A second call does nothing. */
  dispose(): void;
}

/** The parts of a method. */
export interface MethodParts<Kind extends PairKind = PairKind, Input extends Tensor = Tensor4D> {
  readonly name: string;
  /** The backbone, whose output is evaluated. */
  readonly encoder: Encoder<Input>;
  /** The head whose output is compared. */
  readonly projector: Head;
  /** A second head after the first, where the method has one (NNCLR, BYOL, SimSiam). */
  readonly predictor?: Head;
  /** A slow copy of encoder and projector, whose outputs are the targets (MoCo, BYOL). */
  readonly momentum?: MomentumNetwork<Input>;
  /** Chooses the positives. */
  readonly strategy: PositiveStrategy<Kind>;
  /** Compares. It takes what the strategy gives. */
  readonly loss: ContrastiveLoss<NoInfer<Kind>>;
  /**
   * `joint`: all views in one forward pass, sharing batch statistics (Google's SimCLR, lightly's benchmarks).
   * `separate`: one pass per view, each with its own statistics (the papers of NNCLR, BYOL and MoCo v3 as implemented by
   * solo-learn). The gradients differ, see `docs/architecture.md`. Views of several sizes (multi-crop) go through the
   * encoder one size after the other, then through the heads together, as in SwAV. Default: separate.
   */
  readonly forward?: 'joint' | 'separate' | undefined;
}

/**
 * Joins an encoder, its heads, a strategy and a loss into a method. Methods differ in nothing else: in their networks, in how the
 * positive is chosen, and in the loss that compares.
 *
 * @throws ArgumentError if the strategy needs what no part makes, or if strategy and loss do not fit together: pairs of another kind, pairs
 * that lack what the loss needs, or pairs that carry what the loss would ignore.
 *
 * @example
 * const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: random(1) });
 * const projector = projectionHead({ input: encoder.dimension, layers: [16, 8], batchNorm: 'hidden', random: random(2) });
 * const strategy = otherView({ directions: 'once' });
 * const simclr = composeMethod({ name: 'simclr', encoder, projector, strategy, loss: ntXent({ temperature: 0.5 }) });
 * simclr.views; // => 2
 */
export function composeMethod<Kind extends PairKind, Input extends Tensor = Tensor4D>(parts: MethodParts<Kind, Input>): Method<Input> {
  const { name, encoder, projector, predictor, momentum, strategy, loss, forward = 'separate' } = parts;
  checkPairing(parts);
  const learned = strategy.parameters?.();
  const networks = { encoder, projector, ...(predictor && { predictor }) };
  const trees = (kind: 'parameters' | 'buffers'): ParameterTree =>
    Object.fromEntries(Object.entries(networks).map(([part, network]) => [part, network[kind]()]));

  const withFeatures = strategy.needs.includes('features');
  /** Both heads on what the encoder made of one view, or of all in a row. */
  const heads = (features: Tensor2D, mode: Mode): Record<keyof Forward, Tensor2D | undefined> => {
    const projections = projector.apply(features, mode);
    return { projections, predictions: predictor?.apply(projections, mode), features: withFeatures ? features : undefined };
  };

  return {
    name,
    encoder,
    views: strategy.views,
    parameters: () => ({ ...trees('parameters'), ...(learned && { strategy: learned }) }),
    buffers: () => trees('buffers'),
    ...(momentum && { targets: (views: readonly Input[]) => momentum.targets(views), targetBuffers: () => momentum.buffers() }),
    ...(strategy.firstPass && { firstPass: () => strategy.firstPass!() }),
    forward(views, mode) {
      if (forward === 'separate') {
        const results = views.map((inputs) => heads(encoder.apply(inputs, mode), mode));
        return forwardOf((name) => results.map((result) => result[name]));
      }
      const result = heads(jointly(views, (inputs) => encoder.apply(inputs, mode)), mode);
      return forwardOf((name) => (result[name] === undefined ? [undefined] : splitRows(result[name], views.length)));
    },
    loss: (outputs) =>
      tidy(() => {
        const pairs = strategy.select(outputs);
        if (pairs.length === 0) throw new StateError(`${name}.loss`, 'the strategy chose no pairs.', 'It must choose at least one.');
        const terms = (loss.symmetric === true ? withoutMirrored(pairs) : pairs).map((pair) => mul(loss(pair), pair.weight));
        return (terms.length === 1 ? terms[0]! : addN(terms)) as Scalar;
      }),
    update(outputs) {
      momentum?.update();
      strategy.update(outputs);
    },
    diagnostics: () => strategy.diagnostics?.() ?? {},
    ...(strategy.chosen && { chosen: () => strategy.chosen!() }),
    ...joinParts(name, { strategy, ...(momentum && { momentum }) }, networksOnly(networks)),
  };
}

/** Networks are saved with the model, not with the method's state; they are only disposed with it. */
function networksOnly(networks: Readonly<Record<string, { parameters(): ParameterTree; buffers(): ParameterTree }>>): Stateful {
  return {
    ...statelessPart('composeMethod'),
    dispose: () => Object.values(networks).forEach((network) => [network.parameters(), network.buffers()].forEach(disposeParameters)),
  };
}

const remedies = {
  predictions: 'Give a predictor, for instance predictionHead().',
  targets: 'Give momentum, for instance momentumNetwork().',
  features: 'Every method makes them.',
  labels: 'Train on a dataset with labels.',
} as const;

/** Networks, strategy and loss must fit before anything is computed. */
function checkPairing<Kind extends PairKind, Input extends Tensor>(parts: MethodParts<Kind, Input>): void {
  const { name, predictor, momentum, strategy, loss } = parts;
  const where = `composeMethod.${name}`;
  const made = { predictions: predictor !== undefined, targets: momentum !== undefined, features: true, labels: true };
  for (const need of strategy.needs) {
    if (!made[need]) throw new ArgumentError(`${where}.strategy`, `parts that make ${need}, which ${strategy.name} needs`, 'none', remedies[need]);
  }
  const { gives } = strategy;
  const { lossName, takes } = loss;
  if (gives.kind !== takes.kind) {
    const remedy =
      takes.kind === 'scores'
        ? 'Take a loss over embeddings, for instance infoNCE, or a strategy that gives scores, for instance prototypes.'
        : 'Take a loss over scores, for instance swappedPrediction, or a strategy that gives embeddings, for instance otherView.';
    throw new ArgumentError(`${where}.loss`, `one that takes ${gives.kind}, which ${strategy.name} gives`, `${lossName}, which takes ${takes.kind}`, remedy);
  }
  const missing = takes.needs.find((extra) => !gives.extras.includes(extra));
  if (missing !== undefined) {
    const remedy = missing === 'labels' ? 'Put withLabels around it.' : `Take a strategy that gives ${missing}.`;
    throw new ArgumentError(`${where}.strategy`, `pairs with ${missing}, which ${lossName} needs`, `${strategy.name}, which gives none`, remedy);
  }
  const ignored = gives.extras.find((extra) => !takes.needs.includes(extra) && !takes.uses.includes(extra));
  if (ignored !== undefined) {
    const remedy = ignored === 'furtherViews' ? "Pair views with directions 'both' or 'once'." : 'Take another loss, or leave them out of the strategy.';
    throw new ArgumentError(`${where}.loss`, `one that uses ${ignored}, which ${strategy.name} gives`, `${lossName}, which would ignore them`, remedy);
  }
}

/** The outputs that there are; `part` gives one tensor a view, or undefined. */
function forwardOf(part: (name: keyof Forward) => readonly (Tensor2D | undefined)[]): Forward {
  const [projections, predictions, features] = (['projections', 'predictions', 'features'] as const).map((name) => part(name));
  const there = (list: readonly (Tensor2D | undefined)[] | undefined): list is Tensor2D[] => list?.[0] !== undefined;
  return {
    projections: projections as Tensor2D[],
    ...(there(predictions) && { predictions }),
    ...(there(features) && { features }),
  };
}
