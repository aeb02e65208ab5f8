/** @module @kindred/training */
export { type Checkpoint, restoreCheckpoint, takeCheckpoint } from './checkpoint.js';
export { pretrain, type PretrainOptions, type PretrainResult, type StepRecord } from './pretrain.js';
export { projectionSpread, type ProjectionSpread } from './projection-spread.js';
export { trainStep, type TrainStepInput } from './train-step.js';
