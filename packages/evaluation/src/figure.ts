/** The results of an evaluation as tables and pages show them: the name of each number, its format, and which way is better. */
import { ArgumentError } from '@kindred/core';
import type { MeanAndDeviation } from './mean-and-deviation.js';

/** One number of an evaluation. A type: figures are written to files as they are. */
export type Figure = {
  /** What was measured, the same in every file: `knn.600`, `retrieval.recallAt.5`, `labelFree.uniformity`. */
  readonly key: string;
  /** The same for readers: `kNN, 600 labels`. */
  readonly label: string;
  readonly value: number;
  /** The deviation over seeds or draws of the labels (n − 1); absent if there was only one. */
  readonly deviation?: number;
  /** `share`: 0..1, shown as a percentage. `number`: as it is. */
  readonly kind: 'share' | 'number';
  /** Which way is better; absent if the number alone does not say. */
  readonly better?: 'higher' | 'lower';
};

/** How a measure is named and read. */
type Description = readonly [label: string, kind: Figure['kind'], better?: Figure['better']];

const descriptions = {
  knn: ['kNN', 'share', 'higher'],
  linear: ['linear', 'share', 'higher'],
  'sgd.last': ['linear by SGD, last epoch', 'share', 'higher'],
  'sgd.best': ['linear by SGD, best epoch on samples held out', 'share', 'higher'],
  'fineTune.last': ['fine-tuned, last epoch', 'share', 'higher'],
  'fineTune.best': ['fine-tuned, best epoch on samples held out', 'share', 'higher'],
  'retrieval.recallAt': ['recall@', 'share', 'higher'],
  'retrieval.mapAtR': ['mAP@R', 'share', 'higher'],
  'retrieval.precisionAtR': ['precision@R', 'share', 'higher'],
  'clustering.nmi': ['NMI of k-means', 'share', 'higher'],
  'labelFree.neighborPurity': ['neighbour purity', 'share', 'higher'],
  'labelFree.rankMe': ['RankMe', 'number', 'higher'],
  'labelFree.participationRatio': ['participation ratio', 'number'],
  'labelFree.perDimensionDeviation': ['deviation of a dimension', 'number'],
  'labelFree.uniformity': ['uniformity', 'number', 'lower'],
  'labelFree.alignment': ['alignment of views', 'number', 'lower'],
  'labelFree.similarities.positive': ['cosine of two views', 'number'],
  'labelFree.similarities.negative': ["cosine of two samples' views", 'number'],
} as const satisfies Readonly<Record<string, Description>>;

/** The known measures. */
export type MeasureName = keyof typeof descriptions;

/** The circumstances of a measure that is taken more than once. */
export interface FigureOptions {
  /** How many labels were known. */
  readonly labels?: number;
  /** The K of recall@K. */
  readonly at?: number;
}

/**
 * A figure by the name of its measure, with what tables and pages need to show it.
 *
 * @param value The number, or several seeds or draws of it; a deviation of 0 is left out.
 * @throws ArgumentError for a measure that is not known, or a number that is not finite.
 *
 * @example
 * const { key, label, kind, better } = figure('knn', { mean: 0.732, deviation: 0.004 }, { labels: 600 });
 * [key, label, kind, better]; // => ['knn.600', 'kNN, 600 labels', 'share', 'higher']
 */
export function figure(measure: MeasureName, value: number | MeanAndDeviation, { labels, at }: FigureOptions = {}): Figure {
  const description: Description | undefined = Object.hasOwn(descriptions, measure) ? descriptions[measure] : undefined;
  if (description === undefined) throw new ArgumentError('figure.measure', `one of ${Object.keys(descriptions).join(', ')}`, measure);
  const { mean, deviation } = typeof value === 'number' ? { mean: value, deviation: 0 } : value;
  if (!Number.isFinite(mean)) throw new ArgumentError(`figure.value`, `a finite number for ${measure}`, mean);
  const [label, kind, better] = description;
  return {
    key: [measure, ...[at, labels].flatMap((count) => count ?? [])].join('.'),
    label: `${label}${at ?? ''}${labels === undefined ? '' : `, ${labels.toLocaleString('en')} labels`}`,
    value: mean,
    ...(deviation > 0 && { deviation }),
    kind,
    ...(better && { better }),
  };
}
