/**
 * Names that programs offer before they load what is behind them, an engine first of all: this entry imports data alone.
 * A list that belongs to a heavier package stands here once more, and its type holds both to the same names in the same order.
 *
 * @module @kindred/runs/names
 */
import type * as gallery from '@kindred/gallery/node';

export { exportFormats } from './export/export-formats.js';
export { recipes } from './recipes/index.js';
export { probeNames } from './settings/probe-names.js';

/**
 * How an index is searched.
 *
 * @example
 * indexKinds.includes('auto'); // => true
 */
export const indexKinds: typeof gallery.indexKinds = ['auto', 'exact', 'approximate'];
