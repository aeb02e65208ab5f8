/** The positive is the nearest neighbour in a support set: the heart of NNCLR, around any strategy. */
import {
  ArgumentError,
  type ChosenPositives,
  l2Normalize,
  type PositiveStrategy,
  prefixed,
  type StepOutputs,
  stopGradient,
  under,
} from '@kindred/core';
import type { Neighbors, SearchResult, SupportSet } from '@kindred/support-set';
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
}

/**
 * Any strategy, with one side of its pairs replaced by the nearest neighbours in `support`. The projections (or targets) of
 * the first view are enqueued after the step, so that all look-ups of a step see the same older rows. `chosen()` tells what the
 * first look-up of the last step found: the one for the anchors of the first view. Further views of a pair stay as they are.
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
  inner: PositiveStrategy,
  support: SupportSet,
  options: ThroughNeighborsOptions = {},
): PositiveStrategy {
  const { replace = 'anchors', gradient = 'stop', excludeSelf = false, enqueue = 'projections', neighbors: answer } = options;
  if (replace !== 'anchors' && replace !== 'positives') {
    throw new ArgumentError('throughNeighbors.replace', "'anchors' or 'positives'", replace);
  }
  if (gradient !== 'stop' && gradient !== 'straight-through') {
    throw new ArgumentError('throughNeighbors.gradient', "'stop' or 'straight-through'", gradient);
  }
  let chosen: ChosenPositives | undefined;

  const neighbors = (embeddings: Tensor2D, { sampleIds, labels }: StepOutputs, onFound: (found: SearchResult) => void): Tensor2D => {
    const found = support.nearest(embeddings, {
      onFound,
      sampleIds,
      ...(labels && { labels }),
      ...(excludeSelf && { excludeSampleIds: sampleIds }),
      ...(answer && { neighbors: answer }),
    });
    if (gradient === 'stop') return found;
    return tidy(() => {
      const unit = l2Normalize(embeddings);
      return add(unit, stopGradient(sub(found, unit)));
    });
  };

  return {
    needs: enqueue === 'projections' || inner.needs.includes(enqueue) ? inner.needs : [...inner.needs, enqueue],
    views: inner.views,
    ...(inner.parameters && { parameters: () => inner.parameters!() }),
    ...(inner.prepare && { prepare: () => inner.prepare!() }),
    select: (outputs) =>
      inner.select(outputs).map((pairs, at) => {
        const note = (found: SearchResult): void => void (at === 0 && (chosen = nearestOf(found, outputs.sampleIds)));
        return { ...pairs, [replace]: neighbors(pairs[replace], outputs, note) };
      }),
    update(outputs) {
      inner.update(outputs);
      support.enqueue(tensorsOf('throughNeighbors', outputs, enqueue)[0]!, outputs.sampleIds, outputs.labels);
    },
    diagnostics: () => ({ ...inner.diagnostics?.(), ...support.diagnostics() }),
    chosen: () => chosen,
    state: () => ({ ...prefixed('inner', inner.state()), ...prefixed('support', support.state()) }),
    restore(state) {
      inner.restore(under('inner', state));
      support.restore(under('support', state));
      chosen = undefined;
    },
  };
}

/** The nearest of each query, where several were found. */
function nearestOf({ k, sampleIds: found, similarities }: SearchResult, sampleIds: Int32Array): ChosenPositives {
  return {
    sampleIds: sampleIds.slice(),
    neighborIds: Int32Array.from(sampleIds, (_, i) => found[i * k]!),
    similarities: Float32Array.from(sampleIds, (_, i) => similarities[i * k]!),
  };
}
