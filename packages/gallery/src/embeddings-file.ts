/** Embeddings to and from the bytes of a safetensors file. */
import { checkEncoderInput, DataError, decodeSafetensors, encodeSafetensors, type TensorValue } from '@kindred/core';
import { checkEmbeddings, type EmbeddingError, type Embeddings, type EmbeddingSource } from './embeddings.js';

/** The metadata field that describes a file's rows. */
export const field = 'kindred.embeddings';

/** What a file holds apart from its numbers. */
export interface EmbeddingsAbout {
  readonly source: EmbeddingSource;
  readonly dimension: number;
  readonly ids: readonly string[];
  readonly classes?: readonly string[] | undefined;
  readonly errors: readonly EmbeddingError[];
}

/**
 * Encodes embeddings as a safetensors file: `embeddings` [N, D] float32, `heights`, `widths` and, if known, `labels` [N] int32; ids,
 * classes, errors and source as JSON in the metadata field `kindred.embeddings`.
 *
 * @example
 * const of = { source: { weights: 'a', encoder: 'run' }, dimension: 2, heights: Int32Array.of(1), widths: Int32Array.of(1), errors: [] };
 * decodeEmbeddings(encodeEmbeddings({ ...of, values: Float32Array.of(1, 2), ids: ['cat.jpg'] })).ids; // => ['cat.jpg']
 */
export function encodeEmbeddings(embeddings: Embeddings): Uint8Array {
  const { source, dimension, values, ids, heights, widths, labels, classes, errors } = checkEmbeddings('encodeEmbeddings', embeddings);
  const rows = ids.length;
  const about: EmbeddingsAbout = { source, dimension, ids, ...(classes && { classes }), errors };
  return encodeSafetensors(
    {
      embeddings: { shape: [rows, dimension], values },
      heights: { shape: [rows], values: heights },
      widths: { shape: [rows], values: widths },
      ...(labels && { labels: { shape: [rows], values: labels } }),
    },
    { [field]: JSON.stringify(about) },
  );
}

/**
 * Decodes what `encodeEmbeddings` wrote.
 *
 * @param where Names the file in errors.
 * @throws DataError for a file that is damaged or does not hold embeddings of named images.
 *
 * @example
 * const of = { source: { weights: 'a', encoder: 'run' }, dimension: 2, heights: Int32Array.of(1), widths: Int32Array.of(1), errors: [] };
 * decodeEmbeddings(encodeEmbeddings({ ...of, values: Float32Array.of(1, 2), ids: ['cat.jpg'] })).values; // => [1, 2]
 */
export function decodeEmbeddings(bytes: Uint8Array, where = 'decodeEmbeddings'): Embeddings {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const about = readAbout(where, metadata[field]);
  const { labels } = tensors;
  const values = floats(where, tensors['embeddings']);
  return checkEmbeddings(where, {
    source: about.source,
    dimension: about.dimension,
    values,
    ids: about.ids,
    heights: wholes(where, 'heights', tensors['heights']),
    widths: wholes(where, 'widths', tensors['widths']),
    ...(labels && { labels: wholes(where, 'labels', labels) }),
    ...(about.classes && { classes: about.classes }),
    errors: about.errors,
  });
}

/** Everything but the numbers, checked. @throws DataError */
export function readAbout(where: string, text: string | undefined): EmbeddingsAbout {
  if (text === undefined) throw new DataError(where, `holds no names of images (${field}).`, 'Write it with kindred embed.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(where, `its ${field} is not JSON.`, 'Write it again.', cause);
  }
  const about = (typeof value === 'object' && value !== null ? value : {}) as EmbeddingsAbout;
  const { source, dimension, ids, classes, errors } = about;
  const texts = (list: unknown): boolean => Array.isArray(list) && list.every((entry) => typeof entry === 'string');
  const fault =
    typeof source?.weights !== 'string' || typeof source.encoder !== 'string' ? 'source'
    : !Number.isSafeInteger(dimension) ? 'dimension'
    : !texts(ids) ? 'ids'
    : classes !== undefined && !texts(classes) ? 'classes'
    : !(Array.isArray(errors) && errors.every((entry) => typeof entry?.id === 'string' && typeof entry.reason === 'string')) ? 'errors'
    : undefined;
  if (fault !== undefined) throw new DataError(where, `${fault} of ${field} is not as kindred embed writes it.`, 'Write the file again.');
  if (source.input !== undefined) checkEncoderInput(where, source.input);
  return about;
}

function floats(where: string, value: TensorValue | undefined): Float32Array {
  if (value?.values instanceof Float32Array) return value.values;
  throw new DataError(where, 'holds no float32 tensor embeddings.', 'Write it with kindred embed.');
}

function wholes(where: string, name: string, value: TensorValue | undefined): Int32Array {
  if (value?.values instanceof Int32Array) return value.values;
  throw new DataError(where, `holds no int32 tensor ${name}.`, 'Write it with kindred embed.');
}
