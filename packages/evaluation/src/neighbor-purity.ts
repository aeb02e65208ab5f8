/** Whether neighbours have the same class, without a vote. */
import { checkLabels, checkSeveralClasses, classSizes } from './features.js';
import { checkOthers, otherNeighborBlocks, type OtherNeighborsOptions } from './other-neighbors.js';

export interface NeighborPurity {
  /** The share of the k nearest other rows that have the row's class, averaged over the rows, 0..1. */
  readonly purity: number;
  /** The purity of embeddings that are unrelated to classes: the chance that another row has the row's class. */
  readonly chance: number;
}

/**
 * How pure neighbourhoods are: the share of the k nearest other rows of each row that have its class. It measures the embeddings
 * alone, whereas `knn` measures a classifier.
 *
 * @throws ArgumentError for k outside of 1..N−1, values that are not finite, labels that are missing or of one class.
 *
 * @example
 * const features = { values: Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9), dimension: 2, labels: Int32Array.of(0, 0, 1, 1) };
 * await neighborPurity({ features, k: 1, similarity: 'cosine' }); // => { purity: 1, chance: 0.33333 }
 */
export async function neighborPurity(options: OtherNeighborsOptions): Promise<NeighborPurity> {
  const { features, k } = options;
  checkOthers('neighborPurity', 'features', options);
  const labels = checkLabels('neighborPurity', 'features', features, Infinity);
  checkSeveralClasses('neighborPurity', 'features', labels);
  let same = 0;
  for await (const { start, count, indices } of otherNeighborBlocks(options)) {
    for (let i = 0; i < count * k; i++) if (labels[indices[i]!] === labels[start + Math.floor(i / k)]) same++;
  }
  const pairs = [...classSizes(labels).values()].reduce((sum, size) => sum + size * (size - 1), 0);
  return { purity: same / (labels.length * k), chance: pairs / (labels.length * (labels.length - 1)) };
}
