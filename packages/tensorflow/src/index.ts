/** @module @kindred/tensorflow */
export { diagnose, type Diagnosis, type Finding } from './diagnose.js';
export { measurePeak, type MeasurePeakOptions } from './measure-peak.js';
export { currentPrecision, measurePrecisions, type Precision, precisions, type PrecisionSpeeds, usePrecision } from './precision.js';
export type { InstalledEngine } from './setup/cache.js';
export type { Device } from './setup/recipe.js';
export { setUpTensorFlow, type SetUpOptions } from './setup/set-up.js';
export { type Engine, useTensorFlow, type UseTensorFlowOptions } from './use-tensorflow.js';
