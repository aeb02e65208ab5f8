/** Probes on cached features: how good they are at telling classes, with all labels and with few. */
import { DataError } from '@kindred/core';
import { labelledFraction } from '@kindred/datasets';
import { type Features, knn, linearProbe, selectFeatures } from '@kindred/evaluation';
import type { EvaluationSettings } from '../settings/evaluation-settings.js';

/** What the probes reached with one share of the labels. */
export interface ProbeResult {
  /** Share of the training labels, 0..1. */
  readonly fraction: number;
  /** How many labels that is. */
  readonly labels: number;
  /** Accuracy on the test images, 0..1. */
  readonly knn: number;
  /** Accuracy on the test images, 0..1. */
  readonly linear: number;
  /** λ of the linear probe, as chosen on the held-out part. */
  readonly regularization: number;
}

/**
 * kNN and linear probe for every share of the labels. Nothing is chosen on the test images.
 *
 * @throws DataError where labels are missing.
 */
export async function evaluateFeatures(
  { train, test }: { readonly train: Features; readonly test: Features },
  { fractions, k, temperature, regularization, seed }: EvaluationSettings,
  onProbe: (done: string) => void = () => undefined,
): Promise<ProbeResult[]> {
  if (train.labels === undefined || test.labels === undefined) {
    throw new DataError('evaluate', 'the data has no labels.', 'Probes need the classes of training and test images.');
  }
  const classes = 1 + train.labels.reduce((most, label) => Math.max(most, label), 0);
  const results: ProbeResult[] = [];
  for (const fraction of fractions) {
    const chosen = fraction === 1 ? train : selectFeatures(train, labelledFraction(train.labels, fraction, seed));
    const neighbors = await knn({ train: chosen, test, k: Math.min(k, chosen.labels!.length), temperature, similarity: 'cosine', weighting: 'exponential', classes });
    onProbe(`kNN with ${chosen.labels!.length} labels`);
    const probe = await linearProbe({ train: chosen, test, classes, regularization, standardize: true, maximumIterations: 200, tolerance: 1e-4, seed });
    onProbe(`linear probe with ${chosen.labels!.length} labels`);
    results.push({
      fraction,
      labels: chosen.labels!.length,
      knn: neighbors.accuracy,
      linear: probe.accuracy,
      regularization: probe.regularization,
    });
  }
  return results;
}
