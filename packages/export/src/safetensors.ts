/** Safetensors: the weights alone, for PyTorch. */
import { exportTorch } from '@kindred/backbones';
import { encodeSafetensors, inputMetadata } from '@kindred/core';
import { type ExportOptions, modelOf } from './model.js';

/**
 * Weights as a safetensors file for PyTorch: an encoder under torchvision's names, which timm's ResNets have too, the head's behind `head.` and
 * the predictor's behind `predictor.` under those of `nn.Sequential`. Layouts are PyTorch's. Normalisation is not inside: the metadata
 * `kindred.input` gives it.
 *
 * @throws As `exportOnnx`.
 *
 * @example
 * const head = projectionHead({ input: 8, layers: [4], batchNorm: 'none', random: random(1) });
 * Object.keys(decodeSafetensors(exportSafetensors({ head })).tensors); // => ['head.0.weight', 'head.0.bias']
 *
 * @see https://huggingface.co/docs/safetensors
 */
export function exportSafetensors(options: ExportOptions): Uint8Array {
  const { input, parts } = modelOf('exportSafetensors', options);
  const named = parts.flatMap(({ prefix, values }) => Object.entries(exportTorch(values)).map(([name, value]) => [prefix + name, value] as const));
  return encodeSafetensors(Object.fromEntries(named), { format: 'pt', ...(typeof input === 'number' ? {} : inputMetadata(input)) });
}
