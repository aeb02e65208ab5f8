/** Reads the weights that a run's encoder starts from: of a file, or of an earlier run. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { exportTorch } from '@kindred/backbones';
import { DataError, type EncoderInput, inputOf, type NamedTensors, prefixed } from '@kindred/core';
import { resnetPrefixes } from '../embed/resnet-of-weights.js';
import { imageNetInput, readWeightsFile } from '../embed/weights-file.js';
import { openRun, statedInput, weightsOfRun } from '../run/load-run.js';
import type { InitialWeights } from './initial-weights.js';

/**
 * Reads what `init` of a run's settings names.
 *
 * @param place A safetensors file: a ResNet of torchvision or timm under any prefix, or an encoder that Kindred wrote. Or the folder of a
 * run, whose last encoder is taken; `best.safetensors` in it is its best.
 * @throws DataError for a place that is not there, holds no ResNet, or is the folder of a run without a checkpoint.
 */
export async function readInit(place: string): Promise<InitialWeights> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) throw new DataError(place, 'is not there.', 'init takes a safetensors file, or the folder of a run.');
  return found.isDirectory() ? ofRun(place) : ofFile(place);
}

async function ofRun(path: string): Promise<InitialWeights> {
  const run = await openRun(path);
  const { step, encoder, model } = await weightsOfRun(run);
  const heads = Object.entries(model).filter(([name]) => !name.startsWith('encoder.'));
  const input = await statedInput(path);
  return { from: path, tensors: exportTorch({ ...prefixed('encoder', encoder), ...Object.fromEntries(heads) }), step, ...(input && { input }) };
}

async function ofFile(path: string): Promise<InitialWeights> {
  if (basename(path) === 'model.safetensors' && /^step-\d+$/.test(basename(dirname(resolve(path))))) {
    throw new DataError(path, "is a file of a run's checkpoint.", `Give the folder of the run: ${join(dirname(path), '..', '..')}.`);
  }
  const { tensors, metadata } = await readWeightsFile(path);
  const input = inputOf(path, metadata) ?? guessInput(tensors, resnetPrefixes(path, tensors)[0]);
  return { from: path, tensors, ...(input && { input }) };
}

/** A ResNet with the stem of ImageNet that says nothing of its images is taken for one of torchvision's or timm's. */
const guessInput = (tensors: NamedTensors, prefix: string): EncoderInput | undefined =>
  tensors[`${prefix}conv1.weight`]!.shape.join() === '64,3,7,7' ? imageNetInput : undefined;
