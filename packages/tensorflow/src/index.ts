/** @module @kindred/tensorflow */
export { cacheFolder, type InstalledEngine } from './setup/cache.js';
export type { Device } from './setup/recipe.js';
export { setUpTensorFlow, type SetUpOptions } from './setup/set-up.js';
export { type Engine, useTensorFlow, type UseTensorFlowOptions } from './use-tensorflow.js';
