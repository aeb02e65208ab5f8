/** Some images of a dataset, for a person to look at. */
import type { UniformImageDataset } from '@kindred/core';

/** Samples spread over the dataset, which may be in the order of its classes: `count` numbers of 0..size − 1, or all, ascending. */
export const evenly = ({ size }: Pick<UniformImageDataset, 'size'>, count: number): Int32Array =>
  Int32Array.from({ length: Math.min(count, size) }, (_, i) => Math.floor(((i + 0.5) * size) / Math.min(count, size)));
