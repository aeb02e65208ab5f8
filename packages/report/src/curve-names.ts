/** Titles and order of the curves; a curve that is not listed here takes its title from its name. */
import { words } from './format.js';

/** A part of the page that holds curves. */
export type CurveGroup = 'main' | 'representation' | 'supportSet' | 'other';

/** How a curve is shown. */
export interface CurveName {
  readonly title: string;
  readonly group: CurveGroup;
  /** A share of 0..1, shown as percent. */
  readonly share: boolean;
  /** Whether there is noise to smooth. */
  readonly noisy: boolean;
}

type Row = readonly [title: string, group: CurveGroup, kind?: 'share' | 'exact'];

/** In the order of the page. `metrics` are recorded at every step, `monitor` at intervals. */
const rows: Readonly<Record<string, Row>> = {
  'metrics.loss': ['Loss', 'main'],
  'monitor.knn': ['kNN accuracy on held-out training images', 'main', 'share'],
  'metrics.learningRate': ['Learning rate', 'main', 'exact'],
  'metrics.samplesPerSecond': ['Samples a second', 'main'],
  'metrics.waiting': ['Time spent waiting for images', 'main', 'share'],
  'monitor.deviation': ['Deviation, 1 if spread evenly', 'representation'],
  'monitor.effectiveRank': ['Effective rank', 'representation'],
  'monitor.participationRatio': ['Participation ratio of the dimensions', 'representation'],
  'monitor.alignment': ['Alignment, 0 if views coincide', 'representation'],
  'monitor.uniformity': ['Uniformity, lower is more even', 'representation'],
  'metrics.projectionDeviation': ['Deviation of the projections', 'representation'],
  'metrics.projectionRank': ['Effective rank of the projections', 'representation'],
  'metrics.neighborPurity': ["Neighbours of the image's class", 'supportSet', 'share'],
  'metrics.neighborSimilarity': ['Similarity of neighbours', 'supportSet'],
  'metrics.neighborAge': ['Age of neighbours, in steps', 'supportSet'],
  'metrics.randomNeighbors': ['Neighbours that are random rows', 'supportSet', 'share'],
  'metrics.selfHits': ['Neighbours that are the image itself', 'supportSet', 'share'],
  'metrics.distinctNeighbors': ['Different neighbours in a step', 'supportSet'],
  'metrics.usedShare': ['Rows that have been a neighbour', 'supportSet', 'share'],
  'metrics.prototypesUsed': ['Prototypes in use', 'other'],
  'metrics.clusteredSamples': ['Samples that have a cluster', 'other', 'share'],
  'metrics.emptyClusters': ['Empty clusters', 'other'],
};
const order = Object.keys(rows);

/** How the curve `metrics.loss`, ... is shown. */
export function curveName(key: string): CurveName {
  const [title, group, kind] = rows[key] ?? [words(key.slice(key.indexOf('.') + 1)), key.startsWith('monitor.') ? 'representation' : 'other'];
  return { title, group, share: kind === 'share', noisy: kind !== 'exact' && key.startsWith('metrics.') };
}

/** Sorts the keys of curves into the order of the page. */
export const inOrder = (a: string, b: string): number => placeOf(a) - placeOf(b);

const placeOf = (key: string): number => (order.includes(key) ? order.indexOf(key) : order.length);
