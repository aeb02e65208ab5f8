/** What a run can be exported to. */

/** The formats by name: an ONNX file, a folder for transformers.js, a folder for TensorFlow.js, a file of weights for PyTorch. */
export const exportFormats = ['onnx', 'transformers', 'tfjs', 'safetensors'] as const;

/** A format's name. */
export type ExportFormat = (typeof exportFormats)[number];
