/** The positive is the nearest neighbour in a support set: the heart of NNCLR, around any strategy. */
import {
  ArgumentError,
  type ChosenPositives,
  checkWhole,
  counters,
  l2Normalize,
  type PositivePairs,
  type PositiveStrategy,
  type Stateful,
  StateError,
  type StepOutputs,
  stopGradient,
  wrapStrategy,
} from '@kindred/core';
import { type Neighbors, rowsPerAnswer, type SearchResult, type SupportSet } from '@kindred/support-set';
import { memoOfSteps } from './memo-of-steps.js';
import { type Side, tensorsOf } from './side.js';
import { add, sub, type Tensor2D, tidy } from '@tensorflow/tfjs-core';

/** How neighbours take the place of embeddings. */
export interface ThroughNeighborsOptions {
  /**
   * Which side of the pairs is looked up. NNCLR replaces its `anchors`, NN(z1) against p2 (equation 2 of the paper);
   * a method whose anchors are predictions (BYOL) replaces its `positives`. Default: anchors.
   */
  readonly replace?: 'anchors' | 'positives';
  /**
   * `stop` (the paper): a neighbour is a constant. `straight-through` (the Keras example): the neighbour's value, with
   * the gradient of the embedding it replaced. Default: stop.
   */
  readonly gradient?: 'stop' | 'straight-through';
  /** Whether a sample's own stored embedding may be its neighbour. The paper does not exclude it. Default: false. */
  readonly excludeSelf?: boolean;
  /** Which outputs of the first view are enqueued after the step. NNCLR: projections (the default); NNBYOL: targets. */
  readonly enqueue?: Side;
  /** What answers a look-up: the nearest row (the paper, the default), or a mean of several. */
  readonly neighbors?: Neighbors;
  /**
   * From how many filled rows on neighbours are taken. Before, pairs stay as the inner strategy chose them. Default: as soon as every
   * query can be answered. A set that starts with random rows is filled from the start.
   */
  readonly minimumRows?: number;
  /**
   * How much of a pair's weight goes to the neighbour, 0..1, or that at a step: the rest stays with the pair as the inner strategy chose it, under
   * the same loss. A share that grows begins with the other view, while neighbours are hardly of the image's class, and ends with neighbours.
   * Default: 1, the paper. Losses of an image's own views and of mined ones side by side: Azabou et al. 2021, "Mine Your Own vieW", equation 3.
   */
  readonly share?: number | ((step: number) => number);
  /**
   * A second set, as large as the first and filled in step with it, of what the encoder gives to the projection head. Neighbours are then found among
   * these features, and the positive is the projection that was stored with the feature found. Features tell classes apart better than projections
   * do (Chen et al. 2020, SimCLR, section 4.2), so more neighbours are of the image's class. Default: the paper; the projections themselves are looked up.
   */
  readonly features?: SupportSet;
}

/**
 * Any strategy, with one side of its pairs replaced by the nearest neighbours in `support`. The projections (or targets) of
 * the first view are enqueued after the step, so that all look-ups of a step see the same older rows. `chosen()` tells what the
 * first look-up of the last step found: the one for the anchors of the first view. Further views of a pair stay as they are.
 *
 * While the set cannot answer (it started empty), pairs stay as they are: the positive is then the other view. `diagnostics()` counts such
 * steps as `stepsWithoutNeighbors`.
 *
 * @example
 * const support = supportSet({ capacity: 4, dimension: 2, initial: 'empty' });
 * support.enqueue(tf.tensor2d([[0, 2]]), Int32Array.of(7));
 * const nnclr = throughNeighbors(otherView({ positives: 'predictions', directions: 'both' }), support);
 * nnclr.needs; // => ['predictions']
 *
 * @see Dwibedi et al. 2021, "With a Little Help from My Friends", section 3.2
 */
export function throughNeighbors(
  inner: PositiveStrategy<'embeddings'>,
  support: SupportSet,
  options: ThroughNeighborsOptions = {},
): PositiveStrategy<'embeddings'> {
  const { replace = 'anchors', gradient = 'stop', excludeSelf = false, enqueue = 'projections', neighbors: answer = { kind: 'top-1' } } = options;
  if (replace !== 'anchors' && replace !== 'positives') {
    throw new ArgumentError('throughNeighbors.replace', "'anchors' or 'positives'", replace);
  }
  if (gradient !== 'stop' && gradient !== 'straight-through') {
    throw new ArgumentError('throughNeighbors.gradient', "'stop' or 'straight-through'", gradient);
  }
  const k = rowsPerAnswer(answer);
  const { minimumRows = k, share = 1, features } = options;
  if (typeof share === 'number') checkShare(share, 'throughNeighbors.share');
  checkWhole('throughNeighbors', { minimumRows }, 1);
  if (minimumRows > support.capacity) {
    throw new ArgumentError('throughNeighbors.minimumRows', `at most ${support.capacity}, the capacity of the support set`, minimumRows);
  }
  if (features !== undefined && features.capacity !== support.capacity) {
    throw new ArgumentError('throughNeighbors.features', `a capacity of ${support.capacity}, that of the support set`, features.capacity);
  }
  const lookups = memoOfSteps<SearchResult[]>();
  const steps = counters('throughNeighbors', ['without']);
  // what the last step found is not saved: after a restore there is no last step
  const own: Stateful = {
    ...steps,
    check(state) {
      const restore = steps.check(state);
      return () => {
        restore();
        chosen = undefined;
      };
    },
  };
  let chosen: ChosenPositives | undefined;

  const excluded = ({ sampleIds }: StepOutputs): Int32Array | undefined => (excludeSelf ? sampleIds : undefined);
  /** The neighbours of one side of a pair: by its own embeddings, or by the features of its view. */
  const neighbors = (pair: PositivePairs, outputs: StepOutputs, onFound: (found: SearchResult) => void): Tensor2D => {
    const excludeSampleIds = excluded(outputs);
    const leave = excludeSampleIds && { excludeSampleIds };
    if (features === undefined) return support.nearest(pair[replace], { onFound, neighbors: answer, ...leave });
    const view = pair.views?.[replace === 'anchors' ? 0 : 1];
    if (view === undefined) throw new StateError('throughNeighbors.select', `the pairs of ${inner.name} do not say which views they are of.`, 'Take otherView, or look up projections.');
    const found = features.search(tensorsOf('throughNeighbors', outputs, 'features')[view]!, { k, ...leave });
    onFound(found);
    return support.answer(found, answer);
  };
  const select = (pairs: readonly PositivePairs[], outputs: StepOutputs): readonly PositivePairs[] => {
    if (support.filled < minimumRows || !support.canAnswer(k, excluded(outputs))) return pairs;
    const found: SearchResult[] = [];
    const replaced = pairs.map((pair) => {
      const nearest = neighbors(pair, outputs, (one) => found.push(one));
      return { ...pair, [replace]: gradient === 'stop' ? nearest : straightThrough(pair[replace], nearest) };
    });
    lookups.set(outputs, found);
    const part = typeof share === 'number' ? share : checkShare(share(outputs.step), `throughNeighbors.share at step ${outputs.step}`);
    return [...scaled(replaced, part), ...scaled(pairs, 1 - part)];
  };

  return wrapStrategy(inner, {
    name: 'throughNeighbors',
    needs: features === undefined ? [enqueue] : [enqueue, 'features'],
    parts: { support, ...(features && { features }) },
    own,
    select,
    beforeUpdate(outputs, choose) {
      const found = lookups.of(outputs, () => tidy(() => void select(choose(), outputs)));
      const { sampleIds, labels } = outputs;
      found?.forEach((one) => support.record(one, { sampleIds, ...(labels && { labels }) }));
      if (found === undefined) steps.values.without++;
      chosen = found?.[0] && nearestOf(found[0], sampleIds);
    },
    update(outputs) {
      const { sampleIds, labels } = outputs;
      support.enqueue(tensorsOf('throughNeighbors', outputs, enqueue)[0]!, sampleIds, labels);
      features?.enqueue(tensorsOf('throughNeighbors', outputs, 'features')[0]!, sampleIds, labels);
    },
    diagnostics: () => ({
      ...support.diagnostics(),
      ...(steps.values.without > 0 && { stepsWithoutNeighbors: steps.values.without }),
    }),
    chosen: () => chosen,
  });
}

function checkShare(share: number, where: string): number {
  if (!(share >= 0 && share <= 1)) throw new ArgumentError(where, 'a number of 0..1', share);
  return share;
}

/** The pairs with `part` of their weight; none, if that is nothing. */
const scaled = (pairs: readonly PositivePairs[], part: number): readonly PositivePairs[] =>
  part === 0 ? [] : pairs.map((pair) => ({ ...pair, weight: pair.weight * part }));

/**
 * The value of `found` with the gradient of the embedding: z + sg(found − z), z of unit length. A loss that normalises its rows once more
 * takes away the part of the gradient along `found`: give it `normalize: false` (`nnclr`'s variant keras does).
 */
function straightThrough(embeddings: Tensor2D, found: Tensor2D): Tensor2D {
  return tidy(() => {
    const unit = l2Normalize(embeddings);
    return add(unit, stopGradient(sub(found, unit)));
  });
}

/** The nearest of each query, where several were found. */
function nearestOf({ k, sampleIds: found, similarities }: SearchResult, sampleIds: Int32Array): ChosenPositives {
  return {
    sampleIds: sampleIds.slice(),
    neighborIds: Int32Array.from(sampleIds, (_, i) => found[i * k]!),
    similarities: Float32Array.from(sampleIds, (_, i) => similarities[i * k]!),
  };
}
