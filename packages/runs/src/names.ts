/**
 * Names that programs offer before they load what is behind them, an engine first of all: this entry imports data alone.
 * Lists that belong to heavier modules stand here once more, and their types hold both to the same names in the same order.
 *
 * @module @kindred/runs/names
 */
import type * as gallery from '@kindred/gallery/node';
import type * as evaluation from './settings/evaluation-settings.js';

export { exportFormats } from './export/export-formats.js';
export { recipes } from './recipes/index.js';

/**
 * What an evaluation can measure.
 *
 * @example
 * probeNames.includes('knn'); // => true
 */
export const probeNames: typeof evaluation.probeNames = ['knn', 'linear', 'sgd', 'fine-tune', 'retrieval', 'clustering', 'label-free'];

/**
 * How an index is searched.
 *
 * @example
 * indexKinds.includes('auto'); // => true
 */
export const indexKinds: typeof gallery.indexKinds = ['auto', 'exact', 'approximate'];
