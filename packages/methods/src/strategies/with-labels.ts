/** Pairs that know their classes, for supervised losses. */
import { type PairKind, type PositiveStrategy, StateError, wrapStrategy } from '@kindred/core';

/**
 * Any strategy, its pairs with the labels of their samples: what `supCon` and `tripletMargin` read. −1 means unknown.
 *
 * @example
 * const step = { projections: [tf.ones([1, 2]), tf.ones([1, 2])] as tf.Tensor2D[], sampleIds: Int32Array.of(0), step: 0, labels: Int32Array.of(3) };
 * withLabels(otherView({ directions: 'once' })).select(step)[0]!.labels; // => [3]
 *
 * @see Khosla et al. 2020, "Supervised Contrastive Learning", section 3
 */
export function withLabels<Kind extends PairKind>(inner: PositiveStrategy<Kind>): PositiveStrategy<Kind> {
  return wrapStrategy(inner, {
    name: 'withLabels',
    needs: ['labels'],
    adds: ['labels'],
    select(pairs, { labels }) {
      if (labels === undefined) throw new StateError('withLabels', 'the step has no labels.', 'Train on a dataset with labels.');
      return pairs.map((pair) => ({ ...pair, labels }));
    },
  });
}
