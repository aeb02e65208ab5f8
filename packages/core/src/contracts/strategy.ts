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
  /** One for each view, `[N, F]`, what the encoder gives to the projection head, where the strategy needs them: no gradient flows through them. */
  readonly features?: readonly Tensor2D[];
  /** The samples' numbers in their dataset. */
  readonly sampleIds: Int32Array;
  /** The samples' classes, if known. */
  readonly labels?: Int32Array;
  /** The number of steps done before this one. */
  readonly step: number;
}

/**
 * What the rows of a pair are. `embeddings` `[N, D]` are compared by distance or cosine. `scores` `[N, K]` are logits, and their
 * positives are target distributions: codes or one-hot classes.
 */
export type PairKind = 'embeddings' | 'scores';

/** What pairs may carry beyond anchors and positives. */
export type PairExtra = 'labels' | 'negatives' | 'ownNegatives' | 'furtherViews';

/** What the pairs of a strategy hold. */
export interface Gives<Kind extends PairKind = PairKind> {
  readonly kind: Kind;
  /** What they carry, or may carry at some steps. */
  readonly extras: readonly PairExtra[];
}

/** What a loss takes from pairs. */
export interface Takes<Kind extends PairKind = PairKind> {
  readonly kind: Kind;
  /** What it cannot do without. */
  readonly needs: readonly PairExtra[];
  /** What it can also use. It would ignore anything else, so `composeMethod` refuses a strategy that gives more. */
  readonly uses: readonly PairExtra[];
}

/** Anchors and what each should be near to. Row i of both belongs together. */
export interface PositivePairs {
  readonly anchors: Tensor2D;
  readonly positives: Tensor2D;
  /** `[K, D]`, if a method has negatives from outside of the batch. */
  readonly negatives?: Tensor2D;
  /** `[N, K, D]`, where each anchor has its own negatives (hard negatives), in addition to whatever else it is compared with. */
  readonly ownNegatives?: Tensor3D;
  /** `[N, D]` each: more views of the same samples, where a loss takes all views at once. Their rows belong together, too. */
  readonly furtherViews?: readonly Tensor2D[];
  /** `[N]`: the classes of the samples, where the strategy passes them on; −1 where unknown. */
  readonly labels?: Int32Array;
  /** Which views anchors and positives are of, where the strategy knows: 0 is the first. */
  readonly views?: readonly [anchors: number, positives: number];
  /** The share of these pairs in the step's loss. */
  readonly weight: number;
}

/** The parts of a step that a strategy may ask for beyond projections. */
export type Need = 'predictions' | 'targets' | 'features' | 'labels';

/** A pass over the dataset without training, which a strategy needs before its first step. */
export interface FirstPass {
  /** Called with what the networks make of each batch. Outside of the gradient scope; the tensors are the caller's. */
  observe(outputs: StepOutputs): void;
  /** Called once, after the last batch. */
  finish(): void;
}

/** What a look-up took as positives, for reports. Entries i of the lists belong together. */
export interface ChosenPositives {
  /** `[N]`, the samples of the step. */
  readonly sampleIds: Int32Array;
  /** `[N]`, the sample whose stored row is the positive (the nearest, if there are several); −1 for a row that belongs to no sample. */
  readonly neighborIds: Int32Array;
  /** `[N]`, cosines of embedding and stored row, −1..1. */
  readonly similarities: Float32Array;
}

/** Chooses the positives of a step. Made by `defineStrategy`, or around another one by `wrapStrategy`. */
export interface PositiveStrategy<Kind extends PairKind = PairKind> extends Stateful {
  /** What messages call it: `throughNeighbors(otherView)`. */
  readonly name: string;
  /** The parts of a step that it asks for; checked when the method is composed. */
  readonly needs: readonly Need[];
  /** What its pairs hold; checked against what the loss takes when the method is composed. */
  readonly gives: Gives<Kind>;
  /** The least number of views that `select` takes. */
  readonly views: number;
  /**
   * The pairs of this step, at least one. Called inside the gradient scope, once or several times a step: it chooses the same
   * each time, and the strategy's state stays as it was.
   */
  select(outputs: StepOutputs): readonly PositivePairs[];
  /** Called once after each step, outside of the gradient scope, to enqueue, count and so on. The tensors are the caller's. */
  update(outputs: StepOutputs): void;
  /**
   * The pass over the dataset that the strategy needs before it can choose (a memory bank is filled); undefined if it needs
   * none, or none any more. The training loop asks before its first step.
   */
  firstPass?(): FirstPass | undefined;
  /** What the strategy itself learns (prototypes); the optimiser trains it with the network. */
  parameters?(): ParameterTree;
  /** Numbers worth plotting, as of the last step: neighbour purity, age of the neighbours, ... */
  diagnostics?(): Readonly<Record<string, number>>;
  /**
   * Which stored samples the last step took as positives for the anchors of its first view; absent if positives are not stored
   * ones, undefined before the first step. Copies: keeping them is safe.
   */
  chosen?(): ChosenPositives | undefined;
}

/** Pairs to a number, the mean per anchor. `weight` is the caller's business. A loss owns no state. Made by `defineLoss`. */
export interface ContrastiveLoss<Kind extends PairKind = PairKind> {
  (pairs: PositivePairs): Scalar;
  /** What messages call it: `infoNCE`. */
  readonly lossName: string;
  /** Checked against what the strategy gives when the method is composed. */
  readonly takes: Takes<Kind>;
  /** Whether value and gradients stay where anchors and positives change places. Of two such pairs a step then computes one. Default: false. */
  readonly symmetric?: boolean;
}
