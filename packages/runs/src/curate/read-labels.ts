/** Labels that a person wrote. */
import { readFile } from 'node:fs/promises';
import { DataError } from '@kindred/core';
import papaparse from 'papaparse';
import type { NamedFeatures } from './named-features.js';

/**
 * Reads labels from a CSV file with the columns name and label.
 *
 * @throws DataError for a file that cannot be read or has other columns, and for names that are not among the images.
 *
 * @example
 * readLabels instanceof Function; // => true
 */
export async function readLabels(path: string, { names }: Pick<NamedFeatures, 'names'>): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(path, `cannot be read (${cause.code}).`, 'Name a CSV file with the columns name and label.', cause);
  });
  const { data, meta } = papaparse.parse<Record<string, string>>(text.replace(/^\uFEFF/, ''), { header: true, skipEmptyLines: 'greedy' });
  const missing = ['name', 'label'].filter((column) => !(meta.fields ?? []).includes(column));
  if (missing.length > 0) {
    throw new DataError(path, `has no column ${missing.join(' and ')}, but ${(meta.fields ?? []).join(', ') || 'nothing'}.`, 'The first line must be: name,label');
  }
  const known = new Set(names);
  const labels = new Map<string, string>();
  for (const { name = '', label = '' } of data) {
    if (!known.has(name)) throw new DataError(path, `labels ${name}, which is not among the ${names.length} images (${names[0]}, ...).`, 'Names must be those of the embeddings.');
    if (label.trim() !== '') labels.set(name, label.trim());
  }
  return labels;
}
