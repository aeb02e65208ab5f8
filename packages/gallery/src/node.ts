/** @module @kindred/gallery/node */
export { type EmbeddingJournal, type JournalImage, type JournalOptions, openEmbeddingJournal } from './node/embedding-journal.js';
export type { EmbeddingParts } from './node/embedding-parts.js';
export { embeddingSuffixes, readEmbeddings, writeEmbeddings } from './node/embeddings-files.js';
export { type GalleryIndex, type IndexKind, indexKinds, openIndex, type OpenIndexOptions, type SearchOptions, type SearchResult, writeIndex, type WriteIndexOptions } from './node/index-folder.js';
