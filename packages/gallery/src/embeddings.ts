/** Embeddings of images, with the images' names. */
import { ArgumentError, type EncoderInput, KindredError, ShapeError } from '@kindred/core';

/** What made the embeddings. Embeddings made with different weights cannot be compared. */
export interface EmbeddingSource {
  /** A digest of the encoder's weights and of the input it expects. */
  readonly weights: string;
  /** The run folder or weights file, as it was given. */
  readonly encoder: string;
  /** For a run: how many steps its weights were trained for. */
  readonly step?: number | undefined;
  /** The input that the encoder expects. */
  readonly input?: EncoderInput | undefined;
  /** The absolute path of the folder that ids are relative to; absent for datasets without files. */
  readonly root?: string | undefined;
}

/** An image that could not be embedded and has no row. */
export interface EmbeddingError {
  readonly id: string;
  readonly reason: string;
}

/** The embeddings of N images. */
export interface Embeddings {
  readonly source: EmbeddingSource;
  /** D, the length of a row. */
  readonly dimension: number;
  /** `[N, D]`, row-major, as the encoder returned them, not normalised. */
  readonly values: Float32Array;
  /** The unique name of each image: its path within `source.root` with `/` between parts, or a name like `test/17` in a dataset without files. */
  readonly ids: readonly string[];
  /** Heights in pixels of the images on disk, after rotation by EXIF. */
  readonly heights: Int32Array;
  /** Widths in pixels, likewise. */
  readonly widths: Int32Array;
  /** The class of each image, −1 if unknown; absent if no image has a class. */
  readonly labels?: Int32Array | undefined;
  /** The names of the classes, by number. */
  readonly classes?: readonly string[] | undefined;
  /** Images that could not be read. */
  readonly errors: readonly EmbeddingError[];
}

/**
 * Checks that the parts of embeddings fit together and returns the embeddings.
 *
 * @param where Names the file or the option in errors.
 * @throws ShapeError for parts of different lengths. @throws ArgumentError for an id that occurs twice.
 *
 * @example
 * const of = { source: { weights: 'a', encoder: 'run' }, dimension: 2, heights: Int32Array.of(1), widths: Int32Array.of(1), errors: [] };
 * checkEmbeddings('mine', { ...of, values: Float32Array.of(1, 2), ids: ['cat.jpg'] }).ids; // => ['cat.jpg']
 */
export function checkEmbeddings(where: string, embeddings: Embeddings): Embeddings {
  const { dimension, values, ids, heights, widths, labels } = embeddings;
  const rows = ids.length;
  const expect = (name: string, received: number, expected: number): void => {
    if (received !== expected) throw new ShapeError(where, `${name} has ${received} entries, expected ${expected} for ${rows} ids.`, { remedy: 'Write the embeddings again.' });
  };
  if (!Number.isSafeInteger(dimension) || dimension < 1) throw new ArgumentError(`${where}.dimension`, 'a whole number above 0', dimension);
  expect('values', values.length, rows * dimension);
  expect('heights', heights.length, rows);
  expect('widths', widths.length, rows);
  if (labels !== undefined) expect('labels', labels.length, rows);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw new ArgumentError(`${where}.ids`, 'each id once', id, 'Write the embeddings again.');
    seen.add(id);
  }
  return embeddings;
}

/**
 * Refuses to compare embeddings made by two different encoders.
 *
 * @throws KindredError (`WeightsError`) naming both.
 *
 * @example
 * checkSameWeights('search', { weights: 'a', encoder: 'runs/a' }, { weights: 'a', encoder: 'elsewhere/a' }); // nothing happens
 */
export function checkSameWeights(where: string, known: EmbeddingSource, other: EmbeddingSource): void {
  if (known.weights === other.weights) return;
  throw new KindredError('WeightsError', `the embeddings are of ${known.encoder} (weights ${known.weights}), the query is of ${other.encoder} (weights ${other.weights}).`, {
    where,
    expected: known.weights,
    received: other.weights,
    remedy: 'Use the encoder that made the embeddings, or embed the images again.',
  });
}
