/** Embeddings outside of any backend: an encoder's output for a dataset, kept to be measured more than once. */
import { ArgumentError, ShapeError } from '@kindred/core';

/** A row of numbers for every image. */
export interface Features {
  /** `[N, D]`, row-major. */
  readonly values: Float32Array;
  /** D, the length of a row. */
  readonly dimension: number;
  /** The class of every row, −1 if unknown; absent if no row has one. */
  readonly labels?: Int32Array;
  /** The rows' numbers in their dataset. */
  readonly sampleIds?: Int32Array;
}

/**
 * The number of rows.
 *
 * @example
 * countRows({ values: Float32Array.of(1, 2, 3, 4), dimension: 2 }); // => 2
 */
export const countRows = ({ values, dimension }: Features): number => values.length / dimension;

/**
 * The rows of these numbers, in this order, as copies; labels and ids go with them.
 *
 * @param indices 0..N−1, at least one; a row may be taken twice.
 * @throws ArgumentError for an index outside of 0..N−1, and for none at all.
 *
 * @example
 * selectFeatures({ values: Float32Array.of(1, 2, 3, 4), dimension: 2 }, [1]).values; // => [3, 4]
 */
export function selectFeatures(features: Features, indices: ArrayLike<number>): Features {
  const { values, dimension, labels, sampleIds } = features;
  const rows = checkFeatures('selectFeatures', 'features', features, 'any values');
  if (indices.length === 0) throw new ArgumentError('selectFeatures.indices', 'at least one row', indices);
  const selected = new Float32Array(indices.length * dimension);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!;
    if (!(Number.isInteger(row) && row >= 0 && row < rows)) {
      throw new ArgumentError(`selectFeatures.indices[${i}]`, `a row of 0..${rows - 1}`, row);
    }
    selected.set(values.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  }
  const pick = (of: Int32Array): Int32Array => Int32Array.from(indices, (row) => of[row]!);
  return {
    values: selected,
    dimension,
    ...(labels && { labels: pick(labels) }),
    ...(sampleIds && { sampleIds: pick(sampleIds) }),
  };
}

/**
 * Checks that the parts of features fit together, and that all values are finite unless `any values` is given.
 *
 * @returns N, at least 1.
 * @throws ArgumentError, ShapeError
 */
export function checkFeatures(where: string, name: string, features: Features, content: 'finite' | 'any values'): number {
  const { values, dimension, labels, sampleIds } = features;
  if (!(Number.isInteger(dimension) && dimension > 0)) {
    throw new ArgumentError(`${where}.${name}.dimension`, 'a whole number above 0', dimension);
  }
  const rows = values.length / dimension;
  if (!(Number.isInteger(rows) && rows > 0)) {
    throw new ArgumentError(`${where}.${name}.values.length`, `a multiple of dimension (${dimension}) above 0`, values.length);
  }
  for (const [part, given] of Object.entries({ labels, sampleIds })) {
    if (given !== undefined && given.length !== rows) {
      throw new ArgumentError(`${where}.${name}.${part}.length`, `${rows}, one for each row`, given.length);
    }
  }
  if (content === 'any values') return rows;
  if (!allFinite(values)) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    throw new ArgumentError(
      `${where}.${name}.values`,
      `finite numbers; row ${Math.floor(at / dimension)} has another at dimension ${at % dimension}`,
      values[at],
      'The encoder that made them has diverged, or its input was not a number.',
    );
  }
  return rows;
}

/** Whether no value is NaN or an infinity. */
export function allFinite(values: Float32Array): boolean {
  // a number times 0 is 0, NaN and the infinities give NaN: one branch for all values
  let [even, odd] = [0, 0]; // two sums, so that an addition need not wait for the one before
  for (let i = 0; i + 1 < values.length; i += 2) {
    even += values[i]! * 0;
    odd += values[i + 1]! * 0;
  }
  if (values.length % 2 === 1) even += values.at(-1)! * 0;
  return even + odd === 0;
}

/** Checks that two sets of rows have one length. @throws ShapeError */
export function checkSameDimension(
  where: string,
  train: Features,
  test: Features,
  names: { readonly train: string; readonly test: string } = { train: 'train', test: 'test' },
): void {
  if (train.dimension === test.dimension) return;
  const expected = `[N, D] = [N, ${train.dimension}] as in ${names.train}`;
  const shape = [countRows(test), test.dimension];
  throw new ShapeError(where, `${names.test} is [${shape.join(', ')}], expected ${expected}.`, {
    expected,
    received: shape,
    remedy: 'Take both from the same encoder and layer.',
  });
}

/**
 * Checks that every row has a class below `classes`.
 *
 * @returns The labels.
 * @throws ArgumentError
 */
export function checkLabels(where: string, name: string, { labels }: { readonly labels?: Int32Array | undefined }, classes: number): Int32Array {
  if (labels === undefined) {
    throw new ArgumentError(`${where}.${name}.labels`, 'the class of every row', labels, 'Its dataset has no labels.');
  }
  const unknown = labels.reduce((count, label) => (label < 0 ? count + 1 : count), 0);
  if (unknown > 0) {
    throw new ArgumentError(
      `${where}.${name}.labels`,
      `the class of every row; ${unknown} of ${labels.length} have none`,
      labels.find((label) => label < 0),
      'Leave those rows out with selectFeatures.',
    );
  }
  const beyond = labels.find((label) => label >= classes);
  if (beyond !== undefined) {
    throw new ArgumentError(`${where}.${name}.labels`, `classes of 0..${classes - 1}`, beyond, 'Raise classes, the number of classes of the dataset.');
  }
  return labels;
}

/** Checks that rows have two classes or more: with one there is nothing to learn. @throws ArgumentError */
export function checkSeveralClasses(where: string, name: string, labels: Int32Array): void {
  if (labels.every((label) => label === labels[0])) {
    throw new ArgumentError(
      `${where}.${name}.labels`,
      'two classes or more; all rows are of this one',
      labels[0],
      'The first part of a dataset often holds one class: take a mixed one.',
    );
  }
}

/** How many rows each class has. */
export function classSizes(labels: Int32Array): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return sizes;
}
