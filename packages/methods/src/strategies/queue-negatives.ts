/** Negatives from a queue of earlier targets: the dictionary of MoCo. */
import { type PositiveStrategy, wrapStrategy } from '@kindred/core';
import type { SupportSet } from '@kindred/support-set';
import { concat, tidy } from '@tensorflow/tfjs-core';
import { tensorsOf, type Side } from './side.js';

/** What the queue holds. */
export interface QueueNegativesOptions {
  /** Which outputs are enqueued after each step, those of all views. MoCo: `targets`. Default: targets. */
  readonly enqueue?: Side;
}

/**
 * Wraps any strategy: the rows of `queue` become negatives of all its pairs. The targets of all views are enqueued after the
 * step, so that no anchor meets a key of its own sample from the same step among its negatives (lightly's CIFAR benchmark
 * does, by enqueuing between its two halves). MoCo's own code enqueues one view; with two, a queue of K rows is
 * K/2 samples deep. While the queue is empty (`initial: 'empty'`, at the first step) pairs get no negatives from it, and the other
 * positives of the batch serve as negatives.
 *
 * @example
 * const queue = supportSet({ capacity: 8, dimension: 2, initial: 'random', random: random(1) });
 * const moco = queueNegatives(otherView({ anchors: 'projections', positives: 'targets', directions: 'both' }), queue);
 * moco.needs; // => ['targets']
 *
 * @see He et al. 2020, "Momentum Contrast for Unsupervised Visual Representation Learning", section 3.2
 */
export function queueNegatives(
  inner: PositiveStrategy<'embeddings'>,
  queue: SupportSet,
  { enqueue = 'targets' }: QueueNegativesOptions = {},
): PositiveStrategy<'embeddings'> {
  return wrapStrategy(inner, {
    name: 'queueNegatives',
    needs: [enqueue],
    adds: ['negatives'],
    parts: { queue },
    select(pairs) {
      if (queue.filled === 0) return pairs;
      const negatives = queue.rows();
      return pairs.map((pair) => ({ ...pair, negatives }));
    },
    update(outputs) {
      const keys = tensorsOf('queueNegatives', outputs, enqueue);
      const repeat = (list: Int32Array): Int32Array => Int32Array.from(keys.flatMap(() => [...list]));
      tidy(() => queue.enqueue(concat([...keys], 0), repeat(outputs.sampleIds), outputs.labels && repeat(outputs.labels)));
    },
  });
}
