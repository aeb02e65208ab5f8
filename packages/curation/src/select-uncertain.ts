/** Images that a classifier trained on a few labels is least sure about. */
import { ArgumentError } from '@kindred/core';
import { type Features, linearProbe, selectFeatures } from '@kindred/evaluation';
import { byScore, checkCount, checkRows } from './rows.js';

export interface SelectUncertainOptions {
  /** `[N, D]` */
  readonly features: Features;
  /** `[N]`, the class of each labelled row, −1 for the others. Two classes or more. */
  readonly labels: Int32Array;
  /** How many of the unlabelled rows to choose. */
  readonly count: number;
  /** `margin`: 1 minus the difference between the two largest probabilities. `entropy`: the entropy over all classes, divided by its maximum. Both 0..1. */
  readonly by: 'margin' | 'entropy';
  /** λ of the classifier, above 0; scikit-learn's 1/C. Default: 1. */
  readonly regularization?: number;
}

export interface UncertainRows {
  /** `[count]`, the least sure first. */
  readonly rows: Int32Array;
  /** The uncertainty of each, 0..1. */
  readonly uncertainty: Float32Array;
  /** `[N]`, the most likely class of every row. */
  readonly predictions: Int32Array;
  /** `[N]`, the uncertainty of every row. */
  readonly uncertainties: Float32Array;
}

/**
 * Fits a linear classifier (`linearProbe`, standardised features) to the labelled rows and chooses those of the others that it is least sure about.
 *
 *     margin:   1 − (p₁ − p₂), the two largest probabilities
 *     entropy:  −Σ p log p / log C
 *
 * @throws ArgumentError for settings out of range, values that are not finite, and labels of one class.
 *
 * @example
 * const features = { values: Float32Array.of(-2, -1, 1, 2, 0.1, -3), dimension: 1 };
 * const labels = Int32Array.of(0, 0, 1, 1, -1, -1);
 * (await selectUncertain({ features, labels, count: 1, by: 'margin' })).rows; // => [4]
 *
 * @see Scheffer et al. 2001, "Active Hidden Markov Models for Information Extraction" (margin); Settles 2009, "Active Learning Literature Survey", section 3.1
 */
export async function selectUncertain({ features, labels, count, by, regularization = 1 }: SelectUncertainOptions): Promise<UncertainRows> {
  if (by !== 'margin' && by !== 'entropy') throw new ArgumentError('selectUncertain.by', "'margin' or 'entropy'", by);
  const all = checkRows('selectUncertain', features);
  if (labels.length !== all) throw new ArgumentError('selectUncertain.labels.length', `${all}, one for each row`, labels.length);
  const known = [...labels.keys()].filter((row) => labels[row]! >= 0);
  if (known.length === 0) throw new ArgumentError('selectUncertain.labels', 'the class of some rows', 'none', 'Label a few images of each class.');
  checkCount('selectUncertain', 'count', count, all - known.length, 'the rows without a label');
  const train = selectFeatures({ values: features.values, dimension: features.dimension, labels }, known);
  const fit = await linearProbe({ train, test: train, regularization, standardize: true, maximumIterations: 200, tolerance: 1e-4, seed: 0 });
  const predictions = new Int32Array(all);
  const uncertainties = Float32Array.from({ length: all }, (_, row) => {
    const shares = probabilities(features, row, fit);
    predictions[row] = fit.classes[shares.indexOf(Math.max(...shares))]!;
    return by === 'margin' ? lackOfMargin(shares) : entropy(shares);
  });
  const rows = byScore(uncertainties).filter((row) => labels[row]! < 0).slice(0, count);
  return { rows, uncertainty: Float32Array.from(rows, (row) => uncertainties[row]!), predictions, uncertainties };
}

/** Softmax of one row's logits. */
function probabilities({ values, dimension }: Features, row: number, { weights, bias }: { weights: Float64Array; bias: Float64Array }): number[] {
  const logits = [...bias];
  for (let d = 0; d < dimension; d++) {
    const value = values[row * dimension + d]!;
    for (let c = 0; c < logits.length; c++) logits[c]! += value * weights[d * logits.length + c]!;
  }
  const most = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - most));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

function lackOfMargin(shares: readonly number[]): number {
  const [first, second] = [...shares].sort((a, b) => b - a);
  return 1 - (first! - second!);
}

const entropy = (shares: readonly number[]): number =>
  -shares.reduce((sum, share) => (share === 0 ? sum : sum + share * Math.log(share)), 0) / Math.log(shares.length);
