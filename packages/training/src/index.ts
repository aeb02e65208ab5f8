/** @module @kindred/training */
export { type Checkpoint, restoreCheckpoint, takeCheckpoint } from './checkpoint.js';
export type { PretrainOptions, PretrainResult, StepRecord } from './pretrain-options.js';
export { pretrain } from './pretrain.js';
export { projectionSpread, type ProjectionSpread } from './projection-spread.js';
export { type StepSettings, trainStep, type TrainStepInput } from './step/train-step.js';
