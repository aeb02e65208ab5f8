/** Probes on cached features: how good they are at telling classes, with all labels and with few. */
import { DataError } from '@kindred/core';
import { labelledFraction } from '@kindred/datasets';
import { type Features, knn, linearProbe, selectFeatures } from '@kindred/evaluation';
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
  readonly knn: Accuracy;
  readonly linear: Accuracy;
  /** λ of the linear probe, as chosen on the held-out part of each draw. */
  readonly regularization: readonly number[];
}

/**
 * kNN and linear probe for every share of the labels. Nothing is chosen on the test images.
 *
 * @throws DataError where labels are missing.
 */
export async function evaluateFeatures(
  { train, test }: { readonly train: Features; readonly test: Features },
  { fractions, draws, k, temperature, regularization, seed }: EvaluationSettings,
  onProbe: (done: string) => void = () => undefined,
): Promise<ProbeResult[]> {
  const { labels } = train;
  if (labels === undefined || test.labels === undefined) {
    throw new DataError('evaluate', 'the data has no labels.', 'Probes need the classes of training and test images.');
  }
  const classes = 1 + [...labels, ...test.labels].reduce((most, label) => Math.max(most, label), 0);
  const vote = { temperature, similarity: 'cosine', weighting: 'exponential', classes } as const;
  const fit = { regularization, standardize: true, maximumIterations: 400, tolerance: 1e-3, classes } as const;
  const results: ProbeResult[] = [];
  for (const fraction of fractions) {
    const seeds = fraction === 1 ? [seed] : Array.from({ length: draws }, (_, i) => seed + i);
    const chosen = seeds.map((each) => (fraction === 1 ? train : selectFeatures(train, labelledFraction(labels, fraction, each))));
    const count = chosen[0]!.labels!.length;
    const neighbors: number[] = [];
    const probes: { accuracy: number; regularization: number }[] = [];
    for (const [i, part] of chosen.entries()) {
      neighbors.push((await knn({ ...vote, train: part, test, k: Math.min(k, count) })).accuracy);
      probes.push(await linearProbe({ ...fit, train: part, test, seed: seeds[i]! }));
    }
    onProbe(`kNN and linear probe with ${count.toLocaleString('en')} labels`);
    results.push({
      fraction,
      labels: count,
      draws: seeds.length,
      knn: summary(neighbors),
      linear: summary(probes.map(({ accuracy }) => accuracy)),
      regularization: probes.map((probe) => probe.regularization),
    });
  }
  return results;
}

function summary(values: readonly number[]): Accuracy {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}
