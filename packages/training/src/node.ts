/** @module @kindred/training/node */
export { removePartials, writeFileAtomic, writeFolderAtomic } from './node/atomic.js';
export { listCheckpoints, readCheckpoint, writeCheckpoint } from './node/checkpoint-files.js';
export { openRunFolder, readMetrics, type RunFolder, type RunFolderOptions } from './node/run-folder.js';
export { readStepLog, type StepLine } from './node/step-log.js';
