/** @module @kindred/datasets */
export { type Batch, type BatchOptions, batches, stepsPerEpoch } from './batches.js';
export { type CifarContent, type CifarKind, decodeCifar } from './cifar.js';
export { decodeIdx, type IdxContent } from './idx.js';
export { inMemoryDataset, type InMemoryOptions } from './in-memory.js';
export { holdOut, labelledFraction } from './splits.js';
export { decodeStl10 } from './stl10.js';
export { subset } from './subset.js';
export { type TrainingStep, type TrainingStepsOptions, trainingSteps } from './training-steps.js';
