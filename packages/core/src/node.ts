/** @module @kindred/core/node */
export { type FileContent, removePartials, writeError, writeFileAtomic, writeFilesAtomic, writeFolderAtomic } from './node/atomic.js';
export { isAlive, thisWriter, type Writer } from './node/writer.js';
