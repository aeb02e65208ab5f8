/** @module @kindred/export */
export type { EncoderExport, ExportOptions, HeadExport } from './model.js';
export { exportOnnx } from './onnx.js';
export { exportSafetensors } from './safetensors.js';
export { exportTfjs, tfjsFiles } from './tfjs.js';
export { transformersFiles } from './transformers.js';
