/** @module @kindred/browse */
export { type BrowseContent, browseFiles } from './browse-files.js';
