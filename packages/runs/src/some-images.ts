/** Some images of a dataset, the same each time. */
import type { Dataset } from '@kindred/core';
import { labelledFraction } from '@kindred/datasets';

/** Samples spread over the dataset, which may be in the order of its classes: `count` numbers of 0..size − 1, or all, ascending. */
export const evenly = ({ size }: Pick<Dataset, 'size'>, count: number): Int32Array =>
  Int32Array.from({ length: Math.min(count, size) }, (_, i) => Math.floor(((i + 0.5) * size) / Math.min(count, size)));

/**
 * About so many samples that have a class, balanced over classes; undefined if none has one. The count is of these alone: of STL-10's
 * 105,000 images 5,000 have one.
 */
export function someLabelled({ labels }: Pick<Dataset, 'labels'>, count: number, seed: number): Int32Array | undefined {
  const known = labels?.reduce((sum, label) => sum + (label >= 0 ? 1 : 0), 0) ?? 0;
  return known === 0 ? undefined : labelledFraction(labels!, Math.min(1, count / known), seed);
}
