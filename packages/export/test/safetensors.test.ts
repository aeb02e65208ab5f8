import { exportTorch, importTorch, networkState, predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { decodeSafetensors, type EncoderInput, inputOf, random } from '@kindred/core';
import { expect, test } from 'vitest';
import { exportSafetensors } from '../src/index.js';

const encoder = smallResNet({ stem: { channels: 2, kernel: 3 }, widths: [4], blocks: [1], channels: 3, random: random(1) });
const head = projectionHead({ input: 4, layers: [5, 3], batchNorm: 'all', random: random(2) });
const predictor = predictionHead({ input: 3, hidden: 6, output: 3, random: random(3) });
const input: EncoderInput = { size: [8, 8], channels: 3, mean: [0.5, 0.5, 0.5], interpolation: 'bilinear', fit: 'cover', cropShare: 0.875 };

test("an encoder has torchvision's names and PyTorch's layouts, and goes back in; the file says what images it expects", () => {
  const { tensors, metadata } = decodeSafetensors(exportSafetensors({ encoder, input }));
  expect(tensors).toEqual(exportTorch(networkState(encoder)));
  expect(metadata['format']).toBe('pt');
  expect(inputOf('file', metadata)).toEqual(input);
  const other = smallResNet({ stem: { channels: 2, kernel: 3 }, widths: [4], blocks: [1], channels: 3, random: random(9) });
  importTorch(other, tensors);
  expect(networkState(other)).toEqual(networkState(encoder));
});

test("heads have the names of nn.Sequential behind head. and predictor., with the encoder or without", () => {
  const names = (bytes: Uint8Array): string[] => Object.keys(decodeSafetensors(bytes).tensors);
  const alone = names(exportSafetensors({ head, predictor }));
  expect(alone.sort()).toEqual([
    'head.0.weight', 'head.1.bias', 'head.1.running_mean', 'head.1.running_var', 'head.1.weight',
    'head.3.weight', 'head.4.bias', 'head.4.running_mean', 'head.4.running_var', 'head.4.weight',
    'predictor.0.weight', 'predictor.1.bias', 'predictor.1.running_mean', 'predictor.1.running_var', 'predictor.1.weight',
    'predictor.3.bias', 'predictor.3.weight',
  ]);
  expect(names(exportSafetensors({ encoder, head, input })).sort()).toEqual([...Object.keys(networkState(encoder)), ...alone.filter((name) => name.startsWith('head.'))].sort());
});
