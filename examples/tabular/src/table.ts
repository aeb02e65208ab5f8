/** A table as a dataset: rows of numbers, in which a feature may take several columns. */
import { type Dataset, digest } from '@kindred/core';
import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';

/** Rows as the dataset reads them, one after the other. */
export interface Rows {
  readonly values: Float32Array;
  readonly width: number;
}

/** A feature of the table: a number takes one column, a category one for each of its values. */
export interface Feature {
  readonly name: string;
  readonly start: number;
  readonly width: number;
}

export interface Table extends Dataset<Rows> {
  readonly features: readonly Feature[];
  /** Columns of a row. */
  readonly width: number;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

/** Makes a table of values held in memory. */
export function table(name: string, features: readonly Feature[], values: Float32Array, labels: Int32Array, classes: readonly string[]): Table {
  const width = features.reduce((sum, feature) => sum + feature.width, 0);
  return {
    name,
    features,
    width,
    size: labels.length,
    labels,
    classes,
    fingerprint: digest([new Uint8Array(values.buffer, values.byteOffset, values.byteLength), labels]),
    read: (indices) => {
      const rows = new Float32Array(indices.length * width);
      indices.forEach((index, i) => rows.set(values.subarray(index * width, (index + 1) * width), i * width));
      return Promise.resolve({ values: rows, width });
    },
  };
}

/** Rows as an encoder takes them. */
export const toTensor = ({ values, width }: Rows): Tensor2D => tensor2d(values, [values.length / width, width]);
