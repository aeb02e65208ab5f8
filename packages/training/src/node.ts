/** @module @kindred/training/node */
export { listCheckpoints, readCheckpoint, writeCheckpoint } from './node/checkpoint-files.js';
export { openRunFolder, readMetrics, type RunFolder, type RunFolderOptions } from './node/run-folder.js';
export { compareRun, type CompareRunOptions } from './node/run-compare.js';
export { type DataIdentity, readIdentity, type RunIdentity } from './node/run-identity.js';
export { readStepLog, type StepLine } from './node/step-log.js';
