/** A part of a dataset. */
import { ArgumentError, type Dataset, digest, type ImageDataset, type UniformImageDataset } from '@kindred/core';
import { checkIndices } from './checks.js';

/**
 * The samples `indices` of a dataset, in that order, as a separate dataset: sample i of the subset is sample `indices[i]`
 * of `dataset`. Nothing is read or copied but the labels. An index may occur more than once.
 *
 * @param name By default the dataset's, with `/<size>-of-<its size>`.
 * @throws ArgumentError for no indices, or one that the dataset does not have.
 *
 * @example
 * const images = Uint8Array.of(10, 11, 12);
 * const dataset = inMemoryDataset({ name: 'three', images, imageShape: [1, 1, 1] });
 * (await subset(dataset, [2, 0]).read(Int32Array.of(0))).pixels; // => Uint8Array.of(12)
 */
export function subset(dataset: UniformImageDataset, indices: Int32Array | readonly number[], name?: string): UniformImageDataset;
export function subset(dataset: ImageDataset, indices: Int32Array | readonly number[], name?: string): ImageDataset;
export function subset<Batch>(dataset: Dataset<Batch>, indices: Int32Array | readonly number[], name?: string): Dataset<Batch>;
export function subset<Batch>(
  dataset: Dataset<Batch>,
  indices: Int32Array | readonly number[],
  name = `${dataset.name}/${indices.length}-of-${dataset.size}`,
): Dataset<Batch> {
  if (indices.length === 0) throw new ArgumentError('subset.indices', 'at least one index', []);
  checkIndices('subset.indices', indices, dataset.size);
  const chosen = Int32Array.from(indices);
  const { labels, classes } = dataset;
  const { channels, imageShape } = dataset as Partial<ImageDataset>;
  return {
    name,
    size: chosen.length,
    ...(channels && { channels }),
    ...(imageShape && { imageShape }),
    ...(labels && { labels: chosen.map((index) => labels[index]!) }),
    ...(classes && { classes }),
    get fingerprint() {
      return digest([dataset.fingerprint, chosen]);
    },
    async read(rows) {
      checkIndices(`${name}.read.indices`, rows, chosen.length);
      return dataset.read(rows.map((row) => chosen[row]!));
    },
  };
}
