/** Embeddings whose numbers do not have to be in memory. */
import type { Embeddings } from '../embeddings.js';
import type { EmbeddingsAbout } from '../embeddings-file.js';

/** Everything but the numbers, and a way to read those in pieces. */
export interface EmbeddingParts extends Pick<Embeddings, 'heights' | 'widths' | 'labels'> {
  readonly about: EmbeddingsAbout;
  /** Yields whole rows, in order. */
  rows(): AsyncIterable<Float32Array>;
}

/** Wraps embeddings that are in memory. */
export function partsOf({ values, heights, widths, labels, source, dimension, ids, classes, errors }: Embeddings): EmbeddingParts {
  return {
    about: { source, dimension, ids, ...(classes && { classes }), errors },
    heights,
    widths,
    labels,
    async *rows() {
      yield values;
    },
  };
}
