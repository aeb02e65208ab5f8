/** Probes on cached features: how good they are at telling classes, with all labels and with few. */
import { DataError } from '@kindred/core';
import { labelledFraction } from '@kindred/datasets';
import { type Features, knn, linearProbe, meanAndDeviation, selectFeatures } from '@kindred/evaluation';
import type { EvaluationSettings } from '../settings/evaluation-settings.js';

/** One probe over the draws of the labels. */
export interface Accuracy {
  /** Mean accuracy on the test images, 0..1. */
  readonly mean: number;
  /** Deviation over the draws (n − 1); 0 for a single one. */
  readonly deviation: number;
}

/** What the probes reached with one share of the labels. */
export interface ProbeResult {
  /** Share of the training labels, 0..1. */
  readonly fraction: number;
  /** How many labels that is. */
  readonly labels: number;
  /** How many class-balanced draws of so many labels were averaged; 1 where all labels are used. */
  readonly draws: number;
  /** Absent where kNN was not asked for. */
  readonly knn?: Accuracy;
  /** Neighbours that voted: `k`, or all labels where there are fewer. */
  readonly k?: number;
  /** Absent where the linear probe was not asked for. */
  readonly linear?: Accuracy;
  /** λ of the linear probe, as chosen on the held-out part of each draw. */
  readonly regularization?: readonly number[];
}

/**
 * kNN and linear probe, those that are asked for, with every share of the labels. Nothing is chosen on the test images.
 *
 * @throws DataError where labels are missing.
 */
export async function evaluateFeatures(
  { train, test }: { readonly train: Features; readonly test: Features },
  { probes, fractions, draws, k, temperature, regularization, seed }: EvaluationSettings,
  onProbe: (done: string) => void = () => undefined,
): Promise<ProbeResult[]> {
  const asked = ([['knn', 'kNN'], ['linear', 'linear probe']] as const).filter(([name]) => probes.includes(name));
  if (asked.length === 0) return [];
  const { labels } = train;
  if (labels === undefined || test.labels === undefined) {
    throw new DataError('evaluate', 'the data has no labels.', 'Probes need the classes of training and test images.');
  }
  const vote = { temperature, similarity: 'cosine', weighting: 'exponential' } as const;
  const fit = { regularization, standardize: true, maximumIterations: 400, tolerance: 1e-3 } as const;
  const results: ProbeResult[] = [];
  for (const fraction of fractions) {
    const seeds = fraction === 1 ? [seed] : Array.from({ length: draws }, (_, i) => seed + i);
    const chosen = seeds.map((each) => (fraction === 1 ? train : selectFeatures(train, labelledFraction(labels, fraction, each))));
    const count = chosen[0]!.labels!.length;
    const voters = Math.min(k, count);
    const neighbors: number[] = [];
    const fits: { accuracy: number; regularization: number }[] = [];
    for (const [i, part] of chosen.entries()) {
      if (probes.includes('knn')) neighbors.push((await knn({ ...vote, train: part, test, k: voters })).accuracy);
      if (probes.includes('linear')) fits.push(await linearProbe({ ...fit, train: part, test, seed: seeds[i]! }));
    }
    onProbe(`${asked.map(([, words]) => words).join(' and ')} with ${count.toLocaleString('en')} labels`);
    results.push({
      fraction,
      labels: count,
      draws: seeds.length,
      ...(neighbors.length > 0 && { knn: meanAndDeviation(neighbors), k: voters }),
      ...(fits.length > 0 && {
        linear: meanAndDeviation(fits.map(({ accuracy }) => accuracy)),
        regularization: fits.map((each) => each.regularization),
      }),
    });
  }
  return results;
}
