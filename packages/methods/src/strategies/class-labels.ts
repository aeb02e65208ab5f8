/** The positive is the class of the sample: plain classification, as a baseline. */
import { ArgumentError, checkShapes, checkWhole, defineStrategy, type PositiveStrategy, StateError } from '@kindred/core';
import { oneHot, tensor1d, type Tensor2D, tidy } from '@tensorflow/tfjs-core';

/** How many classes there are. */
export interface ClassLabelsOptions {
  /** K, how many classes: the length of a projection, which here are logits. */
  readonly classes: number;
}

/**
 * Pairs the logits of every view with the one-hot classes of its samples, `[N, K]` each. A label of −1, unknown, is a row of
 * zeros, which `crossEntropy` does not count. Owns no state.
 *
 * @throws ArgumentError for a number of classes that is not whole, or a label that is none of them.
 * @throws StateError for a step without labels, or with unknown ones only.
 *
 * @example
 * const step = { projections: [tf.tensor2d([[3, 1]])], sampleIds: Int32Array.of(0), step: 0, labels: Int32Array.of(1) };
 * classLabels({ classes: 2 }).select(step)[0]!.positives.arraySync(); // => [[0, 1]]
 */
export function classLabels({ classes }: ClassLabelsOptions): PositiveStrategy<'scores'> {
  checkWhole('classLabels', { classes }, 1);
  return defineStrategy({
    name: 'classLabels',
    needs: ['labels'],
    gives: { kind: 'scores', extras: [] },
    views: 1,
    select({ projections, labels }) {
      const where = 'classLabels.select';
      if (labels === undefined) throw new StateError(where, 'the step has no labels.', 'Train on a dataset with labels.');
      projections.forEach((logits, v) =>
        checkShapes(where, { [`projections[${v}]`]: [logits, `${labels.length} ${classes}`] }, 'The head must end in one number a class.'),
      );
      const stray = labels.find((label) => label < -1 || label >= classes);
      if (stray !== undefined) throw new ArgumentError(`${where}.labels`, `classes of 0..${classes - 1}, or −1`, stray);
      if (labels.every((label) => label < 0)) {
        throw new StateError(where, `none of the ${labels.length} samples has a known class.`, 'Leave samples without one out of the dataset.');
      }
      const positives = oneHotRows(labels, classes);
      return projections.map((anchors) => ({ anchors, positives, weight: 1 / projections.length }));
    },
  });
}

/** `[N, K]`: row i is 1 at `indices[i]`, or all 0 where that is negative. */
export const oneHotRows = (indices: Int32Array, length: number): Tensor2D =>
  tidy(() => oneHot(tensor1d(indices, 'int32'), length, 1, 0, 'float32') as Tensor2D);
