/** @module @kindred/export */
export type { ExportOptions } from './model.js';
export { exportOnnx } from './onnx.js';
export { exportTfjs, tfjsFiles } from './tfjs.js';
export { transformersFiles } from './transformers.js';
