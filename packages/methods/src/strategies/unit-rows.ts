/** Pairs of rows of length 1, for losses that compare rows as they are. */
import { l2Normalize, type PositiveStrategy, wrapStrategy } from '@kindred/core';

/**
 * Any strategy, with the rows of its anchors and positives scaled to length 1. For a loss with `normalize: false`, whose gradient then passes
 * the normalisation once.
 *
 * @example
 * const step = { projections: [tf.tensor2d([[3, 4]]), tf.ones([1, 2])] as tf.Tensor2D[], sampleIds: Int32Array.of(0), step: 0 };
 * unitRows(otherView({ directions: 'once' })).select(step)[0]!.anchors.arraySync(); // => [[0.6, 0.8]]
 */
export function unitRows(inner: PositiveStrategy<'embeddings'>): PositiveStrategy<'embeddings'> {
  return wrapStrategy(inner, {
    name: 'unitRows',
    select: (pairs) => pairs.map((pair) => ({ ...pair, anchors: l2Normalize(pair.anchors), positives: l2Normalize(pair.positives) })),
  });
}
