/** @module @kindred/browse/node */
export { type BrowseServer, serveBrowse, type ServeBrowseOptions } from './node/serve-browse.js';
