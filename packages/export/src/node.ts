/** @module @kindred/export/node */
export { writeOnnx, writeSafetensors, writeTfjs, writeTransformers } from './node/write.js';
