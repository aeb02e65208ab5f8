/** Negatives that are near: the most similar rows of a support set, for each anchor its own. */
import { checkWhole, type PositivePairs, type PositiveStrategy, type StepOutputs, withoutGradient, wrapStrategy } from '@kindred/core';
import type { SearchResult, SupportSet } from '@kindred/support-set';
import { reshape, type Tensor2D, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import { memoOfSteps } from './memo-of-steps.js';
import { type Side, tensorsOf } from './side.js';

/** Which rows are an anchor's hard negatives. */
export interface HardNegativesOptions {
  /** How many an anchor has. No default. */
  readonly k: number;
  /** Whether rows of the anchor's own sample are left out: they are no negatives. Default: true. */
  readonly excludeSelf?: boolean;
  /** Which outputs of the first view are enqueued after the step. Default: projections. */
  readonly enqueue?: Side;
}

/**
 * Wraps any strategy: the k rows of `support` most similar to each anchor, by cosine, become negatives of that anchor alone
 * (`ownNegatives`), in addition to those it has already. Constants: no gradient flows into the set. Needs no labels; so a row of
 * another sample of the same class may be among them, and with large k in a set of few classes most are.
 *
 * Losses that take them: `tripletMargin`, whose miner then chooses among all, and `infoNCE`. Around `throughNeighbors` of the same
 * set the nearest row would be positive and negative at once: give each its own set.
 *
 * `diagnostics()`: `hardNegativeSimilarity`, the mean cosine with the anchors; `hardNegativePurity`, the share that is of the
 * anchor's class where labels are known: false negatives.
 *
 * While the set has fewer than k rows for an anchor, pairs stay as they are.
 *
 * @throws ArgumentError for k that is not a whole number above 0.
 *
 * @example
 * const support = supportSet({ capacity: 4, dimension: 2 });
 * support.enqueue(tf.tensor2d([[1, 0], [0, 1], [1, 1]]), Int32Array.of(7, 8, 9));
 * const strategy = hardNegatives(otherView({ directions: 'once' }), support, { k: 1 });
 * const step = { projections: [tf.tensor2d([[3, 1]]), tf.tensor2d([[3, 2]])], sampleIds: Int32Array.of(7), step: 0 };
 * strategy.select(step)[0]!.ownNegatives!.arraySync(); // => [[[0.7071, 0.7071]]]
 *
 * @see Robinson et al. 2021, "Contrastive Learning with Hard Negative Samples"; Kalantidis et al. 2020, "Hard Negative Mixing
 * for Contrastive Learning", section 3
 */
export function hardNegatives(
  inner: PositiveStrategy<'embeddings'>,
  support: SupportSet,
  options: HardNegativesOptions,
): PositiveStrategy<'embeddings'> {
  const { k, excludeSelf = true, enqueue = 'projections' } = options;
  checkWhole('hardNegatives', { k }, 1);
  const lookups = memoOfSteps<SearchResult[]>();
  const excluded = ({ sampleIds }: StepOutputs): Int32Array | undefined => (excludeSelf ? sampleIds : undefined);

  const nearestOf = (anchors: Tensor2D, outputs: StepOutputs, onFound: (found: SearchResult) => void): Tensor3D =>
    withoutGradient(anchors, (queries) => {
      const excludeSampleIds = excluded(outputs);
      const found = support.search(queries, { k, ...(excludeSampleIds && { excludeSampleIds }) });
      onFound(found);
      return reshape(support.gather(found.indices), [queries.shape[0], k, support.dimension]) as Tensor3D;
    });
  const select = (pairs: readonly PositivePairs[], outputs: StepOutputs): readonly PositivePairs[] => {
    if (!support.canAnswer(k, excluded(outputs))) return pairs;
    const found: SearchResult[] = [];
    const chosen = pairs.map((pair) => ({ ...pair, ownNegatives: nearestOf(pair.anchors, outputs, (one) => found.push(one)) }));
    lookups.set(outputs, found);
    return chosen;
  };

  return wrapStrategy(inner, {
    name: 'hardNegatives',
    needs: [enqueue],
    adds: ['ownNegatives'],
    parts: { negatives: support },
    select,
    beforeUpdate(outputs, choose) {
      const found = lookups.of(outputs, () => tidy(() => void select(choose(), outputs)));
      const { sampleIds, labels } = outputs;
      found?.forEach((one) => support.record(one, { sampleIds, ...(labels && { labels }) }));
    },
    update(outputs) {
      const { sampleIds, labels } = outputs;
      support.enqueue(tensorsOf('hardNegatives', outputs, enqueue)[0]!, sampleIds, labels);
    },
    diagnostics() {
      const { neighborSimilarity, neighborPurity } = support.diagnostics();
      return {
        ...(neighborSimilarity !== undefined && { hardNegativeSimilarity: neighborSimilarity }),
        ...(neighborPurity !== undefined && { hardNegativePurity: neighborPurity }),
      };
    },
  });
}
