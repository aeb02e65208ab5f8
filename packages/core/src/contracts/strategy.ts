/** The heart of the design: methods differ in how they choose the positive. */
import type { Scalar, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { ParameterTree } from './encoder.js';
import type { Stateful } from './stateful.js';

/** What one training step offers. Row i of every tensor is sample i. */
export interface StepOutputs {
  /** One for each view, `[N, D]`, after the projection head. */
  readonly projections: readonly Tensor2D[];
  /** One for each view, `[N, D]`, where the method has a prediction head. */
  readonly predictions?: readonly Tensor2D[];
  /** One for each view, `[N, D]`, from the momentum encoder: no gradient flows through them. */
  readonly targets?: readonly Tensor2D[];
  /** The samples' numbers in their dataset. */
  readonly sampleIds: Int32Array;
  /** The samples' classes, where known. */
  readonly labels?: Int32Array;
}

/** Anchors and what each should be near to. Row i of both belongs together. */
export interface PositivePairs {
  readonly anchors: Tensor2D;
  readonly positives: Tensor2D;
  /** `[K, D]`, where a method has negatives from outside of the batch. */
  readonly negatives?: Tensor2D;
  /** `[N, K, D]`, where each anchor has negatives of its own, beside whatever else it is compared with (hard negatives). */
  readonly ownNegatives?: Tensor3D;
  /** `[N, D]` each: more views of the same samples, where a loss takes all views at once. Their rows belong together, too. */
  readonly furtherViews?: readonly Tensor2D[];
  /** `[N]`: the classes of the samples, where the strategy passes them on; −1 where unknown. */
  readonly labels?: Int32Array;
  /** The share of these pairs in the step's loss. */
  readonly weight: number;
}

/** The parts of a step that a strategy may ask for beyond projections. */
export type Need = 'predictions' | 'targets' | 'labels';

/** A pass over the dataset without training, which a strategy needs before its first step. */
export interface Preparation {
  /** Called with what the networks make of each batch. Outside of the gradient scope; the tensors are the caller's. */
  observe(outputs: StepOutputs): void;
  /** Called once, after the last batch. */
  finish(): void;
}

/** What a look-up took as positives, for reports: entry i of each list belongs together. */
export interface ChosenPositives {
  /** `[N]`, the samples of the step. */
  readonly sampleIds: Int32Array;
  /** `[N]`, the sample of the stored row that is the positive (of several the nearest); −1 for a row that is of none. */
  readonly neighborIds: Int32Array;
  /** `[N]`, cosines of embedding and stored row, −1..1. */
  readonly similarities: Float32Array;
}

/** Chooses the positives of a step. */
export interface PositiveStrategy extends Stateful {
  /** Checked before the first step. */
  readonly needs: readonly Need[];
  /** The least number of views that `select` takes. */
  readonly views: number;
  /** The pairs of this step, at least one. Called inside the gradient scope; chooses the same when asked again. */
  select(outputs: StepOutputs): readonly PositivePairs[];
  /** Called after the step, outside of the gradient scope: enqueue and the like. The tensors are the caller's. */
  update(outputs: StepOutputs): void;
  /**
   * The pass over the dataset that the strategy needs before it can choose (a memory bank is filled); undefined where it
   * needs none, or none any more. The training loop asks before its first step.
   */
  prepare?(): Preparation | undefined;
  /** What the strategy itself learns (prototypes); the optimiser trains it with the network. */
  parameters?(): ParameterTree;
  /** Numbers worth a curve, as of the last step: neighbour purity, age of the neighbours, ... */
  diagnostics?(): Readonly<Record<string, number>>;
  /**
   * Which stored samples the last `select` took as positives for the anchors of the first view; absent where positives are
   * not stored ones, undefined before the first step. Copies: keeping them is safe.
   */
  chosen?(): ChosenPositives | undefined;
}

/** Pairs to a number, the mean per anchor. `weight` is the caller's business. A loss owns no state. */
export type ContrastiveLoss = (pairs: PositivePairs) => Scalar;
