/** @module @kindred/gallery/node */
export { embeddingSuffixes, readEmbeddings, writeEmbeddings } from './node/embeddings-files.js';
export { type GalleryIndex, openIndex, type OpenIndexOptions, type SearchOptions, type SearchResult, writeIndex, type WriteIndexOptions } from './node/index-folder.js';
