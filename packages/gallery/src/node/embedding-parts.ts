/** Embeddings whose numbers need not be in memory. */
import type { Embeddings } from '../embeddings.js';
import type { EmbeddingsAbout } from '../embeddings-file.js';

/** All but the numbers, and how to read these in pieces. */
export interface EmbeddingParts extends Pick<Embeddings, 'heights' | 'widths' | 'labels'> {
  readonly about: EmbeddingsAbout;
  /** Whole rows, in order. */
  rows(): AsyncIterable<Float32Array>;
}

/** Embeddings in memory as parts. */
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
