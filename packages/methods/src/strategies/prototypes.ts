/** The positive is a cluster assignment of another view, made online: the prototypes and codes of SwAV. */
import {
  argMaxRows,
  ArgumentError,
  checkShapes,
  checkWhole,
  counters,
  defineStrategy,
  l2Normalize,
  matrixProduct,
  type PositivePairs,
  type PositiveStrategy,
  type Random,
  StateError,
  type StepOutputs,
  stopGradient,
  withoutGradient,
} from '@kindred/core';
import type { SupportSet } from '@kindred/support-set';
import { concat, slice, type Tensor2D, tensor2d, tidy, transpose, variable } from '@tensorflow/tfjs-core';
import { checkSinkhorn, sinkhorn, type SinkhornOptions } from '../sinkhorn.js';

/** Projections of earlier steps, which take part in the codes if the batch is small compared with the number of prototypes. */
export interface CodeQueue {
  /** One for each view that gives codes, empty at the start, of the projector's dimension. SwAV: 3,840 rows in all processes. */
  readonly sets: readonly SupportSet[];
  /** Steps done before the first rows are stored. SwAV: 15 epochs. Used from the step on at which the set is full. */
  readonly fromStep: number;
}

/** How prototypes are made and used. */
export interface PrototypesOptions extends SinkhornOptions {
  /** K, how many prototypes. No default; SwAV: 3,000 for ImageNet, lightly: 512 for CIFAR-10. */
  readonly count: number;
  /** D, the length of a projection. */
  readonly dimension: number;
  /** How many views, the first ones, give codes; all views predict them. Two by default, as in SwAV: its large crops. */
  readonly assignViews?: number | undefined;
  /** None by default. */
  readonly queue?: CodeQueue | undefined;
  /** For how many steps at the start no gradient reaches the prototypes. No default; SwAV: 313, of 4,096 images each. */
  readonly freezeSteps: number;
  /** Where the initial prototypes come from; draws nothing from the stream itself. */
  readonly random: Random;
}

/**
 * For each of the first `assignViews` views i and each other view v the pair (scores of v, codes of i). Scores are cosines of
 * projections and prototypes; codes are the scores of view i through `sinkhorn`, constants. With the loss
 * `swappedPrediction` the weighted sum is the authors': mean over i of the mean over v.
 *
 * The prototypes, `[D, K]`, are a parameter. Their columns are scaled to length 1 after every step, where the authors do it
 * before every forward pass: the same values. While frozen their gradient is 0, where the authors' is absent: weight decay of
 * SGD or LARS then only changes lengths, which the scaling undoes; an L2 term inside of Adam would turn them.
 *
 * `diagnostics()`: `prototypesUsed`, how many are the nearest to some row of the first view; a small share means collapse.
 *
 * @throws ArgumentError for options out of range, or queues that do not fit.
 *
 * @example
 * const strategy = prototypes({ count: 3, dimension: 2, epsilon: 0.05, iterations: 3, freezeSteps: 0, random: random(1) });
 * const projections = [tf.tensor2d([[1, 0], [0, 1]]), tf.tensor2d([[2, 1], [1, 2]])];
 * const pairs = strategy.select({ projections, sampleIds: Int32Array.of(0, 1), step: 0 });
 * pairs.map(({ anchors, weight }) => [anchors.shape, weight]); // => [[[2, 3], 0.5], [[2, 3], 0.5]]
 *
 * @see Caron et al. 2020, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", section 3
 */
export function prototypes(options: PrototypesOptions): PositiveStrategy<'scores'> {
  const { count: size, dimension, epsilon, iterations, assignViews = 2, queue, freezeSteps, random } = options;
  checkWhole('prototypes', { count: size, dimension, assignViews }, 1);
  checkWhole('prototypes', { freezeSteps, ...(queue && { 'queue.fromStep': queue.fromStep }) }, 0);
  checkSinkhorn('prototypes', options);
  if (queue) checkQueue(queue, assignViews, dimension);

  const matrix = tidy(() => variable(initialPrototypes(random.fork('prototypes'), dimension, size)));
  const done = counters('prototypes', ['steps']);
  let used: number | undefined; // how many prototypes are the nearest to some row of the first view

  const unitColumns = (): void => tidy(() => matrix.assign(transpose(l2Normalize(transpose(matrix))) as Tensor2D));
  const rows = (set: SupportSet | undefined): Tensor2D | undefined => (set !== undefined && set.filled === set.capacity ? set.rows() : undefined);

  /** The codes of a view: computed over batch and queue together, of which the batch's rows are kept. */
  const codesOf = (scores: Tensor2D, set: SupportSet | undefined): Tensor2D =>
    withoutGradient(scores, (own) =>
      tidy(() => {
        const earlier = rows(set);
        if (earlier === undefined) return sinkhorn(own, { epsilon, iterations });
        const all = concat([matrixProduct(earlier, matrix as Tensor2D), own], 0);
        return slice(sinkhorn(all, { epsilon, iterations }), [earlier.shape[0], 0]);
      }),
    );

  const unit = (where: string, { projections }: StepOutputs): Tensor2D[] => {
    const least = Math.max(2, assignViews);
    if (projections.length < least) {
      throw new StateError(where, `the step has ${projections.length} views, at least ${least} are needed.`, 'Give one augmentation a view.');
    }
    return projections.map((projection, v) => {
      checkShapes(where, { [`projections[${v}]`]: [projection, `N ${dimension}`] }, 'The projector is of another dimension.');
      return l2Normalize(projection);
    });
  };

  unitColumns();
  return defineStrategy({
    name: 'prototypes',
    gives: { kind: 'scores', extras: [] },
    views: Math.max(2, assignViews),
    parts: Object.fromEntries((queue?.sets ?? []).map((set, i) => [`queue.${i}`, set])),
    own: { ...done, dispose: () => matrix.dispose() },
    parameters: () => ({ prototypes: matrix }),
    select(outputs) {
      const columns = done.values.steps < freezeSteps ? stopGradient(matrix as Tensor2D) : (matrix as Tensor2D);
      const scores = unit('prototypes.select', outputs).map((projection) => matrixProduct(projection, columns)); // [N, K] a view
      const weight = 1 / (assignViews * (scores.length - 1));
      const pairs: PositivePairs[] = [];
      for (let i = 0; i < assignViews; i++) {
        const positives = codesOf(scores[i]!, queue?.sets[i]);
        scores.forEach((anchors, v) => v !== i && pairs.push({ anchors, positives, weight }));
      }
      return pairs;
    },
    update(outputs) {
      if (queue && done.values.steps >= queue.fromStep) {
        queue.sets.forEach((set, i) => set.enqueue(outputs.projections[i]!, outputs.sampleIds, outputs.labels));
      }
      done.values.steps++;
      unitColumns();
      used = tidy(() => new Set(argMaxRows(matrixProduct(l2Normalize(outputs.projections[0]!), matrix as Tensor2D)).dataSync()).size);
    },
    diagnostics: () => (used === undefined ? {} : { prototypesUsed: used }),
  });
}

/** `[D, K]`, as PyTorch's linear layers start; scaled to length 1 afterwards. */
function initialPrototypes(random: Random, dimension: number, size: number): Tensor2D {
  const bound = 1 / Math.sqrt(dimension);
  return tensor2d(Float32Array.from({ length: dimension * size }, () => random.uniform(-bound, bound)), [dimension, size]);
}

function checkQueue({ sets }: CodeQueue, assignViews: number, dimension: number): void {
  if (sets.length !== assignViews) {
    throw new ArgumentError('prototypes.queue.sets', `${assignViews}, one for each view that gives codes`, sets.length);
  }
  for (const set of sets) {
    if (set.dimension !== dimension) throw new ArgumentError('prototypes.queue.sets', `dimension ${dimension}, the projections'`, set.dimension);
    if (set.filled > 0) {
      throw new ArgumentError('prototypes.queue.sets', 'empty sets', `${set.filled} rows`, "Make them with initial: 'empty': random rows would take part in the codes.");
    }
  }
}
