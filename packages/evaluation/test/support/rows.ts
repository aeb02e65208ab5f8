/** Generic features: overlapping clusters, no two rows alike. */
import { random } from '@kindred/core';
import type { Features } from '../../src/index.js';

export interface RowsOptions {
  readonly dimension?: number;
  readonly classes?: number;
  /** Added to every value. */
  readonly offset?: number;
}

export function clusters(seed: number, count: number, { dimension = 4, classes = 3, offset = 0 }: RowsOptions = {}): Required<Features> {
  const centre = random(99).fork(dimension, classes);
  const centres = Array.from({ length: classes * dimension }, () => centre.normal());
  const draws = random(seed);
  const labels = Int32Array.from({ length: count }, () => draws.integer(classes));
  const values = Float32Array.from(
    { length: count * dimension },
    (_, i) => centres[labels[Math.floor(i / dimension)]! * dimension + (i % dimension)]! + 0.7 * draws.normal() + offset,
  );
  return { values, dimension, labels, sampleIds: Int32Array.from({ length: count }, (_, i) => i + 1000) };
}

/** Rows as lists of numbers. */
export function listed({ values, dimension }: Pick<Features, 'values' | 'dimension'>): number[][] {
  return Array.from({ length: values.length / dimension }, (_, row) => [...values.subarray(row * dimension, (row + 1) * dimension)]);
}

/** Rows from lists of numbers. */
export function features(rows: readonly (readonly number[])[], labels?: readonly number[]): Features {
  return {
    values: Float32Array.from(rows.flat()),
    dimension: rows[0]!.length,
    ...(labels && { labels: Int32Array.from(labels) }),
  };
}
