/** @module @kindred/export/node */
export { writeOnnx, writeTfjs, writeTransformers } from './node/write.js';
