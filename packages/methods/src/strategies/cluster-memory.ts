/** The positive is the cluster of the sample, found by k-means over a memory of all samples: DeepCluster v2. */
import {
  ArgumentError,
  checkNames,
  checkShapes,
  checkValue,
  checkWhole,
  counters,
  defineStrategy,
  l2Normalize,
  matrixProduct,
  type PositivePairs,
  type PositiveStrategy,
  type Random,
  readTensor,
  StateError,
  type Stateful,
  type StepOutputs,
  valuesOf,
} from '@kindred/core';
import { type Tensor2D, tensor2d, tidy, type Variable, variable, zeros } from '@tensorflow/tfjs-core';
import { sphericalKMeans } from '../spherical-kmeans.js';
import { oneHotRows } from './class-labels.js';
import { memoryBank } from './memory-bank.js';

/** How the dataset is clustered. */
export interface ClusterMemoryOptions {
  /** How many samples the dataset has; sample ids are 0..samples − 1. */
  readonly samples: number;
  /** D, the length of a projection. */
  readonly dimension: number;
  /** K of each head. No default; DeepCluster v2: three times 3,000 for ImageNet. */
  readonly clusters: readonly number[];
  /** How often k-means moves its centroids. The authors: 10. */
  readonly iterations: number;
  /** Steps from one clustering to the next. The authors: an epoch. */
  readonly everySteps: number;
  /** How many views, the first ones, are remembered, each in its own bank; heads take the banks in turn. Two by default. */
  readonly assignViews?: number | undefined;
  /** Where k-means starts; draws nothing from the stream itself. */
  readonly random: Random;
}

/**
 * For each head and each view the pair (scores of the view, one-hot cluster of its sample). Scores are cosines with the
 * centroids of the head, which are constants. A sample that had no projection at the last clustering has no cluster: a row of
 * zeros, which `crossEntropy` does not count.
 *
 * The projections of the first `assignViews` views are remembered by sample after every step; every `everySteps` steps each
 * head clusters one bank again (head h the bank h mod `assignViews`). Before the first step the banks are filled by a pass
 * without training, as in the authors' code: `firstPass`, which `pretrain` of `@kindred/training` makes. A loop of your own must
 * make it too, or `select` is a StateError.
 *
 * `diagnostics()`: `clusteredSamples`, the share of samples that have a cluster; `emptyClusters`, how many no sample has, over
 * all heads.
 *
 * @throws ArgumentError for options out of range.
 *
 * @example
 * const strategy = clusterMemory({ samples: 4, dimension: 2, clusters: [2], iterations: 10, everySteps: 1, assignViews: 1, random: random(1) });
 * const projections = [tf.tensor2d([[1, 0], [3, 1], [0, 1], [-1, 4]])];
 * const step = { projections, sampleIds: Int32Array.of(0, 1, 2, 3), step: 0 };
 * const preparation = strategy.firstPass!()!;
 * preparation.observe(step);
 * preparation.finish();
 * strategy.select(step)[0]!.positives.shape; // => [4, 2]
 *
 * @see Caron et al. 2020, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", section 3 and appendix
 * (DeepCluster-v2); Caron et al. 2018, "Deep Clustering for Unsupervised Learning of Visual Features"
 */
export function clusterMemory(options: ClusterMemoryOptions): PositiveStrategy<'scores'> {
  const { samples, dimension, clusters, iterations, everySteps, assignViews = 2, random } = options;
  checkWhole('clusterMemory', { samples, dimension, everySteps, assignViews, ...Object.fromEntries(clusters.map((k, h) => [`clusters[${h}]`, k])) }, 1);
  checkWhole('clusterMemory', { iterations }, 0);
  if (clusters.length === 0) throw new ArgumentError('clusterMemory.clusters', 'at least one head', clusters);
  const most = Math.max(...clusters);
  if (most > samples) throw new ArgumentError('clusterMemory.clusters', `at most ${samples} clusters, the samples`, most);

  const banks = Array.from({ length: assignViews }, () => memoryBank(samples, dimension));
  const heads = clusters.map((size) => ({
    size,
    // [K, D]: made once, so that clustering leaks no tensor
    centroids: tidy(() => variable(zeros([size, dimension]), false)) as Variable,
    assignments: new Int32Array(samples).fill(-1),
  }));
  const done = counters('clusterMemory', ['steps', 'clusterings']);

  /** Stores the normalised projections of the remembered views in the banks. */
  function remember(where: string, { projections, sampleIds }: StepOutputs): void {
    if (projections.length < assignViews) {
      throw new StateError(where, `the step has ${projections.length} views, at least ${assignViews} are needed.`, 'Give one augmentation a view.');
    }
    const views = projections.slice(0, assignViews);
    views.forEach((projection, v) => {
      checkShapes(where, { [`projections[${v}]`]: [projection, `${sampleIds.length} ${dimension}`] }, 'The projector is of another dimension.');
    });
    const rows = views.map((projection) => valuesOf(() => l2Normalize(projection)));
    rows.forEach((values, v) => banks[v]!.store(sampleIds, values));
  }

  function cluster(): void {
    heads.forEach((head, h) => {
      const { rows, sampleIds } = banks[h % assignViews]!.entries();
      if (sampleIds.length < head.size) {
        const remedy = 'Take fewer clusters, or show it more of the dataset.';
        throw new StateError('clusterMemory', `${sampleIds.length} samples have been seen, ${head.size} clusters need as many.`, remedy);
      }
      const found = sphericalKMeans(rows, dimension, { clusters: head.size, iterations, random: random.fork('clusters', done.values.clusterings, h) });
      setCentroids(head.centroids, found.centroids);
      head.assignments.fill(-1);
      sampleIds.forEach((id, i) => (head.assignments[id] = found.assignments[i]!));
    });
    done.values.clusterings++;
  }

  const headPart = ({ size, centroids, assignments }: (typeof heads)[number], h: number): Stateful => ({
    state: () => ({ centroids: readTensor(centroids), assignments: { shape: [samples], values: assignments.slice() } }),
    check(state) {
      const where = `clusterMemory.check.head.${h}`;
      checkNames(where, state, ['centroids', 'assignments']);
      const values = checkValue(`${where}.centroids`, state['centroids'], [size, dimension]).values;
      const saved = checkValue(`${where}.assignments`, state['assignments'], [samples]).values;
      return () => {
        setCentroids(centroids, Float32Array.from(values));
        assignments.set(saved);
      };
    },
    dispose: () => centroids.dispose(),
  });
  const named = <Part>(name: string, parts: readonly Part[]): [string, Part][] => parts.map((part, i) => [`${name}.${i}`, part]);

  return defineStrategy({
    name: 'clusterMemory',
    gives: { kind: 'scores', extras: [] },
    views: assignViews,
    parts: Object.fromEntries([...named<Stateful>('bank', banks), ...named('head', heads.map(headPart))]),
    own: done,
    firstPass: () =>
      done.values.clusterings > 0 ? undefined : { observe: (outputs) => remember('clusterMemory.observe', outputs), finish: cluster },
    select({ projections, sampleIds }) {
      const where = 'clusterMemory.select';
      if (done.values.clusterings === 0) {
        throw new StateError(where, 'nothing has been clustered yet.', 'Show it the dataset before the first step: firstPass(), observe() each batch, finish().');
      }
      const unit = projections.map((projection, v) => {
        checkShapes(where, { [`projections[${v}]`]: [projection, `${sampleIds.length} ${dimension}`] }, 'The projector is of another dimension.');
        return l2Normalize(projection);
      });
      const pairs: PositivePairs[] = [];
      for (const { size, centroids, assignments } of heads) {
        const found = sampleIds.map((id) => assignments[id] ?? -1);
        if (found.every((one) => one < 0)) {
          throw new StateError(where, `none of the ${found.length} samples has a cluster.`, 'They were not in the pass before the first step: show it all of the dataset.');
        }
        const positives = oneHotRows(found, size);
        const weight = 1 / (heads.length * unit.length);
        for (const rows of unit) pairs.push({ anchors: matrixProduct(rows, centroids as Tensor2D, false, true), positives, weight });
      }
      return pairs;
    },
    update(outputs) {
      remember('clusterMemory.update', outputs);
      done.values.steps++;
      if (done.values.steps % everySteps === 0) cluster();
    },
    diagnostics() {
      if (done.values.clusterings === 0) return {};
      const { assignments } = heads[0]!;
      const seen = assignments.filter((one) => one >= 0).length;
      const used = heads.reduce((total, head) => total + new Set(head.assignments.filter((one) => one >= 0)).size, 0);
      return { clusteredSamples: seen / samples, emptyClusters: clusters.reduce((total, k) => total + k, 0) - used };
    },
  });
}

function setCentroids(centroids: Variable, values: Float32Array): void {
  tidy(() => centroids.assign(tensor2d(values.slice(), centroids.shape as [number, number])));
}
