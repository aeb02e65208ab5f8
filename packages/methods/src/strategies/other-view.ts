/** The positive of a view is another view of the same sample. */
import {
  ArgumentError,
  defineStrategy,
  type PositivePairs,
  type PositiveStrategy,
} from '@kindred/core';
import { type Side, sides, tensorsOf } from './side.js';

/** How `otherView` pairs the views. */
export interface OtherViewOptions {
  /** Where anchors come from. SimCLR, NNCLR: `projections`; BYOL, SimSiam: `predictions`. */
  readonly anchors?: Side;
  /** Where positives come from. SimCLR: `projections`; NNCLR: `predictions`; BYOL: `targets`. */
  readonly positives?: Side;
  /**
   * `both`: every ordered pair of views, (1, 2) and (2, 1), for losses that look from anchors to positives only (InfoNCE).
   * `once`: every unordered pair, for losses that look both ways by themselves (DCL). `together`: one pair of the first two
   * views, the others as its `furtherViews`, for losses that take all views at once (NT-Xent, SupCon); needs both sides to be
   * the same. Weights sum to 1 in each case, and for two views `once` and `together` are the same.
   */
  readonly directions: 'both' | 'once' | 'together';
}

/**
 * Pairs every view with every other view of the same samples. Owns no state.
 *
 * @throws ArgumentError for sides that do not exist.
 *
 * @example
 * const [z1, z2] = [tf.tensor2d([[1, 0]]), tf.tensor2d([[0, 1]])];
 * const pairs = otherView({ directions: 'both' }).select({ projections: [z1, z2], sampleIds: Int32Array.of(0), step: 0 });
 * pairs.map((pair) => pair.weight); // => [0.5, 0.5]
 *
 * @see Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations"
 */
export function otherView(options: OtherViewOptions): PositiveStrategy<'embeddings'> {
  const { anchors = 'projections', positives = 'projections', directions } = options;
  for (const [name, side] of Object.entries({ anchors, positives })) {
    if (!sides.includes(side)) {
      throw new ArgumentError(`otherView.${name}`, 'projections, predictions or targets', side);
    }
  }
  if (directions !== 'both' && directions !== 'once' && directions !== 'together') {
    throw new ArgumentError('otherView.directions', "'both', 'once' or 'together'", directions, 'InfoNCE takes both, NT-Xent together.');
  }
  if (directions === 'together' && anchors !== positives) {
    throw new ArgumentError('otherView.positives', `${anchors} as the anchors, with directions 'together'`, positives, 'A loss over all views has no sides.');
  }
  const needs = [...new Set([anchors, positives])].filter((side) => side !== 'projections');

  return defineStrategy({
    name: 'otherView',
    needs,
    // of two views there are no further ones, but how many views there will be is not known here
    gives: { kind: 'embeddings', extras: directions === 'together' ? ['furtherViews'] : [] },
    select(outputs) {
      const from = tensorsOf('otherView.select', outputs, anchors);
      const to = tensorsOf('otherView.select', outputs, positives);
      if (directions === 'together') {
        const [first, second, ...furtherViews] = from;
        if (first === undefined || second === undefined) return [];
        return [{ anchors: first, positives: second, views: [0, 1], weight: 1, ...(furtherViews.length > 0 && { furtherViews }) }];
      }
      const pairs: Omit<PositivePairs, 'weight'>[] = [];
      for (let i = 0; i < from.length; i++) {
        for (let j = directions === 'once' ? i + 1 : 0; j < to.length; j++) {
          if (i !== j) pairs.push({ anchors: from[i]!, positives: to[j]!, views: [i, j] });
        }
      }
      return pairs.map((pair) => ({ ...pair, weight: 1 / pairs.length }));
    },
  });
}
