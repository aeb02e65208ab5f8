/** Embeddings with the names of their images, read from a file or an index folder. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, decodeSafetensors, type SafetensorsContent } from '@kindred/core';
import type { Embeddings as GalleryEmbeddings } from '@kindred/gallery';
import { openIndex, readEmbeddings } from '@kindred/gallery/node';
import type { NamedFeatures } from './named-features.js';

/** Embeddings, the images they belong to, and the encoder that made them. */
export interface Embeddings extends NamedFeatures {
  /** The folder that names are relative to, absolute. */
  readonly folder?: string;
  /** Names of the classes of `features.labels`. */
  readonly classes?: readonly string[];
  /** The folder of the run whose encoder made them, and the steps behind its weights. */
  readonly run?: { readonly folder: string; readonly step?: number };
}

/**
 * Reads the files and index folders of `@kindred/gallery`, or any safetensors file with a tensor `embeddings [N, D]`, perhaps `labels [N]`, and in its metadata
 * perhaps `names` and `classes` as JSON, `folder` and `runFolder`. Embeddings without names have the numbers of their rows as names.
 *
 * @throws DataError for a file that is not there, damaged, or holds no embeddings.
 *
 * @example
 * openEmbeddings instanceof Function; // => true
 */
export async function openEmbeddings(path: string): Promise<Embeddings> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) {
    const index = await openIndex(path);
    return fromGallery(index.readEmbeddings(), index.images);
  }
  if (/\.(npy|parquet)$/i.test(path)) return fromGallery(await readEmbeddings(path));
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(path, cause.code === 'ENOENT' ? 'is not there.' : `cannot be read (${cause.code}).`, 'Make it: kindred embed <run> --images <folder> --out photos.safetensors', cause);
  });
  const { tensors, metadata } = decoded(path, bytes);
  if (metadata['kindred.embeddings'] !== undefined) return fromGallery(await readEmbeddings(path));
  const { embeddings, labels } = tensors;
  if (embeddings === undefined || embeddings.shape.length !== 2 || embeddings.shape[0] === 0) {
    throw new DataError(path, `holds no embeddings [N, D], but ${Object.keys(tensors).join(', ') || 'nothing'}.`, 'Make it: kindred embed <run> --images <folder> --out photos.safetensors');
  }
  const [count, dimension] = embeddings.shape as [number, number];
  const names = metadata['names'] === undefined ? Array.from({ length: count }, (_, row) => String(row)) : list(path, 'names', metadata['names']);
  if (names.length !== count) throw new DataError(path, `has ${names.length} names for ${count} rows.`, 'Write it again.');
  const classes = metadata['classes'] === undefined ? undefined : list(path, 'classes', metadata['classes']);
  return {
    features: { values: Float32Array.from(embeddings.values), dimension, ...(labels && { labels: Int32Array.from(labels.values) }) },
    names,
    ...(metadata['folder'] !== undefined && { folder: metadata['folder'] }),
    ...(classes && { classes }),
    ...(metadata['runFolder'] !== undefined && { run: { folder: metadata['runFolder'] } }),
  };
}

function decoded(path: string, bytes: Uint8Array): SafetensorsContent {
  try {
    return decodeSafetensors(bytes, path);
  } catch (error) {
    throw new DataError(path, 'is no embeddings file, or damaged.', 'Make it: kindred embed <run> --images <folder> --out photos.safetensors', error);
  }
}

function list(path: string, name: string, text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DataError(path, `its ${name} are not JSON.`, 'Write it again.', error);
  }
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== 'string')) throw new DataError(path, `its ${name} are no list of texts.`, 'Write it again.');
  return value as string[];
}

function fromGallery({ source, dimension, values, ids, labels, classes }: GalleryEmbeddings, images: string | undefined = source.root): Embeddings {
  return {
    features: { values, dimension, ...(labels && { labels }) },
    names: ids,
    ...(images !== undefined && { folder: images }),
    ...(classes && { classes }),
    ...(existsSync(join(source.encoder, 'config.json')) && { run: { folder: source.encoder } }),
  };
}
