/** A safetensors file of weights, ours or another program's. */
import { readFile } from 'node:fs/promises';
import { DataError, decodeSafetensors, type EncoderInput, type SafetensorsContent } from '@kindred/core';

/** What torchvision and timm train their ResNets with. */
export const imageNetInput: EncoderInput = {
  size: [224, 224],
  channels: 3,
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
  interpolation: 'bilinear',
  fit: 'cover',
  cropShare: 0.875,
};

/** @throws DataError for a file that cannot be read, is none of safetensors, or is a pickle of PyTorch, which is told how to convert it. */
export async function readWeightsFile(path: string): Promise<SafetensorsContent> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(path, `cannot be read (${error.code}).`, 'Check the path.', error);
  });
  if (isPickle(bytes)) {
    throw new DataError(path, "is a pickle of PyTorch, not safetensors.", "Convert it in Python: safetensors.torch.save_file(torch.load('weights.pth', weights_only=True), 'weights.safetensors').");
  }
  return decodeSafetensors(bytes, path);
}

/** `torch.save` writes a zip archive, and before 1.6 it wrote a bare pickle. */
const isPickle = (bytes: Uint8Array): boolean => (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4) || (bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5);
