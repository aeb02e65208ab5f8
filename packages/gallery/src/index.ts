/** @module @kindred/gallery */
export { checkEmbeddings, checkSameWeights, type EmbeddingError, type Embeddings, type EmbeddingSource } from './embeddings.js';
export { decodeEmbeddings, encodeEmbeddings } from './embeddings-file.js';
export { type Nearest, nearestRows } from './nearest.js';
