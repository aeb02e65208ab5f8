/** Losses that say what they take. */
import type { Scalar } from '@tensorflow/tfjs-core';
import type { ContrastiveLoss, PairExtra, PairKind, PositivePairs } from './contracts/strategy.js';

/** What describes a loss, apart from what it computes. */
export interface LossDefinition<Kind extends PairKind> {
  /** What messages call it: `infoNCE`. */
  readonly name: string;
  /** What the rows of its pairs are. */
  readonly kind: Kind;
  /** What pairs must carry. Default: nothing. */
  readonly needs?: readonly PairExtra[];
  /** What it uses if pairs carry it. Default: nothing. */
  readonly uses?: readonly PairExtra[];
  /** Whether value and gradients stay where anchors and positives change places. Default: false. */
  readonly symmetric?: boolean;
}

/**
 * Makes a loss of a function from pairs to the mean per anchor, a scalar.
 *
 * @example
 * const meanSquare = defineLoss({ name: 'meanSquare', kind: 'embeddings' }, ({ anchors, positives }) =>
 *   tf.mean(tf.squaredDifference(anchors, positives)) as tf.Scalar);
 * meanSquare({ anchors: tf.ones([1, 2]), positives: tf.zeros([1, 2]), weight: 1 }).arraySync(); // => 1
 */
export function defineLoss<Kind extends PairKind>(
  { name, kind, needs = [], uses = [], symmetric = false }: LossDefinition<Kind>,
  compute: (pairs: PositivePairs) => Scalar,
): ContrastiveLoss<Kind> {
  return Object.assign((pairs: PositivePairs): Scalar => compute(pairs), { lossName: name, takes: { kind, needs, uses }, symmetric });
}
