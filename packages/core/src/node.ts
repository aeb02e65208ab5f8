/** @module @kindred/core/node */
export { removePartials, writeError, writeFileAtomic, writeFolderAtomic } from './node/atomic.js';
export { isAlive, thisWriter, type Writer } from './node/writer.js';
