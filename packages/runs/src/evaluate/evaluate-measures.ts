/** Measures of cached test features: retrieval, clusters, and what needs no labels. */
import {
  alignment,
  countRows,
  effectiveRank,
  type Features,
  kMeans,
  neighborPurity,
  normalizedMutualInformation,
  retrieval,
  similarityHistograms,
} from '@kindred/evaluation';
import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { EvaluationSettings } from '../settings/evaluation-settings.js';
import { featureSpread, someRows } from '../monitor/feature-spread.js';

/** A search among the test images, each for its own class, itself left out. */
export type RetrievalFigures = {
  /** Queries: test images whose class another test image shares. */
  readonly images: number;
  readonly mapAtR: number;
  readonly precisionAtR: number;
} & Readonly<Record<`recallAt${number}`, number>>;

/** k-means on the test images, as many clusters as they have classes. */
export type ClusteringFigures = {
  readonly images: number;
  readonly classes: number;
  /** Normalised mutual information of clusters and classes, arithmetic mean. */
  readonly nmi: number;
};

/** Properties of embeddings, regardless of classes. */
export type LabelFreeFigures = {
  readonly images: number;
  readonly dimension: number;
  /** The effective rank of the embeddings as they are. */
  readonly rankMe: number;
  readonly participationRatio: number;
  /** √D times the deviation of a dimension of unit rows, mean over dimensions: 0 is collapse. */
  readonly perDimensionDeviation: number;
  readonly uniformity: number;
  /** Share of the nearest neighbours that have the image's class; only with labels. */
  readonly neighborPurity?: number;
  /** Mean squared distance of two views of a training image; of encoders only. */
  readonly alignment?: number;
  /** Cosines of two views of one training image, and of views of two. */
  readonly similarities?: Similarities;
};

/** Histograms in fixed bins from −1 to 1. */
export interface Similarities {
  readonly positive: { readonly mean: number; readonly counts: readonly number[] };
  readonly negative: { readonly mean: number; readonly counts: readonly number[] };
}

/** recall@K and mAP@R by cosine. */
export async function retrievalFigures(test: Features, { recallAt }: EvaluationSettings['retrieval']): Promise<RetrievalFigures> {
  const found = await retrieval({ queries: test, recallAt, similarity: 'cosine' });
  const recalls = Object.fromEntries(Object.entries(found.recallAt).map(([k, share]) => [`recallAt${k}`, share]));
  return { images: found.queries, ...recalls, mapAtR: found.mapAtR, precisionAtR: found.precisionAtR };
}

/** How well clusters by cosine agree with classes. */
export async function clusteringFigures(
  test: Features,
  { restarts, maximumIterations }: EvaluationSettings['clustering'],
  seed: number,
): Promise<ClusteringFigures> {
  const classes = new Set(test.labels).size;
  const { assignments } = await kMeans({ features: test, clusters: classes, similarity: 'cosine', restarts, maximumIterations, seed });
  return { images: countRows(test), classes, nmi: normalizedMutualInformation(assignments, test.labels!) };
}

/**
 * Measures of some test rows, spread evenly over all, and of pairs of views if there are any.
 *
 * @param views Two views of the same images, row by row.
 */
export async function labelFreeFigures(
  test: Features,
  views: readonly [Features, Features] | undefined,
  { images, neighbors, bins }: EvaluationSettings['labelFree'],
): Promise<LabelFreeFigures> {
  const some = someRows(test, images);
  const classes = new Set(some.labels);
  const purity = classes.size > 1 && !classes.has(-1) ? (await neighborPurity({ features: some, k: neighbors, similarity: 'cosine' })).purity : undefined;
  const pairs = views && (await pairFigures(views, bins));
  return { images: countRows(some), dimension: some.dimension, rankMe: effectiveRank(some), ...featureSpread(some), ...(purity !== undefined && { neighborPurity: purity }), ...pairs };
}

async function pairFigures(views: readonly [Features, Features], bins: number): Promise<{ alignment: number; similarities: Similarities }> {
  const { positive, negative } = await similarityHistograms({ of: views, bins });
  const near = tidy(() => {
    const [one, other] = views.map(({ values, dimension }) => tensor2d(values, [values.length / dimension, dimension]));
    return alignment(one!, other!).arraySync();
  });
  return { alignment: near, similarities: { positive, negative } };
}
