/** Positives as constants: the stop-gradient of SimSiam. */
import { type PairKind, type PositiveStrategy, stopGradient, wrapStrategy } from '@kindred/core';

/**
 * Wraps any strategy: no gradient flows through its positives (nor through further views of a pair). Without it SimSiam collapses to one point.
 *
 * @example
 * const step = { projections: [tf.ones([1, 2]), tf.ones([1, 2])] as tf.Tensor2D[], sampleIds: Int32Array.of(0), step: 0 };
 * stopPositives(otherView({ directions: 'both' })).select(step).length; // => 2
 *
 * @see Chen and He 2021, "Exploring Simple Siamese Representation Learning", section 4.1
 */
export function stopPositives<Kind extends PairKind>(inner: PositiveStrategy<Kind>): PositiveStrategy<Kind> {
  return wrapStrategy(inner, {
    name: 'stopPositives',
    select: (pairs) =>
      pairs.map((pair) => ({
        ...pair,
        positives: stopGradient(pair.positives),
        ...(pair.furtherViews && { furtherViews: pair.furtherViews.map((view) => stopGradient(view)) }),
      })),
  });
}
