/** An encoder to embed with: of a run, of its best step, or of a file of weights. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { importTorch, networkState, type ResidualEncoder, resnet, torchBackbone } from '@kindred/backbones';
import { DataError, digest, type EncoderInput, inputOf, random } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import type { EmbeddingSource } from '@kindred/gallery';
import { freshEncoder } from '../run/build-run.js';
import { inputFile, loadBest, type LoadedRun, loadRun, openRun } from '../run/load-run.js';
import { resnetOfWeights } from './resnet-of-weights.js';
import { imageNetInput, readWeightsFile } from './weights-file.js';

/** An encoder, what it expects, and what tells its embeddings from those of others. */
export interface LoadedEncoder {
  readonly encoder: ResidualEncoder;
  readonly input: EncoderInput;
  readonly source: EmbeddingSource;
}

/**
 * Loads an encoder.
 *
 * @param place The folder of a run, or a safetensors file: one of Kindred's, or a ResNet of torchvision or timm under any prefix. A file that does
 * not say what its encoder expects is taken for one of ImageNet: 224 pixels, its mean and deviation.
 * @param best Of a run: the encoder that did best while it was watched.
 * @throws DataError for a place that holds no encoder.
 */
export async function loadEncoder(place: string, { best = false }: { readonly best?: boolean } = {}): Promise<LoadedEncoder> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) throw new DataError(place, 'is not there.', 'Give the folder of a run, or a safetensors file.');
  const { encoder, input, step } = found.isDirectory() ? await ofRun(place, best) : await ofFile(place);
  return { encoder, input, source: { weights: digestOf(encoder, input), encoder: place, ...(step !== undefined && { step }), input } };
}

type Loaded = Pick<LoadedEncoder, 'encoder' | 'input'> & { readonly step?: number };

async function ofRun(path: string, best: boolean): Promise<Loaded> {
  const opened = await openRun(path);
  // encoder.json says what is expected; only runs without it need their images for that
  const images = existsSync(join(path, inputFile)) ? { name: path, channels: 3 } : await openDataset(opened.settings.data, 'train');
  if (!best) return asResidual(await loadRun(opened, images));
  const loaded = await loadBest(opened, images);
  if (loaded === undefined) throw new DataError(path, 'has no best.safetensors.', 'Only a run with monitor in its settings keeps the encoder that did best.');
  return asResidual(loaded);
}

/** Runs train no other encoders. */
const asResidual = ({ encoder, input, step }: LoadedRun): Loaded => ({ encoder: encoder as ResidualEncoder, input, step });

async function ofFile(path: string): Promise<Loaded> {
  const { tensors, metadata } = await readWeightsFile(path);
  const input = inputOf(path, metadata) ?? imageNetInput;
  if (existsSync(join(dirname(path), 'config.json')) && metadata['run'] !== undefined) {
    const encoder = freshEncoder((await openRun(dirname(path))).settings, input);
    importTorch(encoder, tensors);
    return { encoder, input };
  }
  const { prefix, depth, stem, widthMultiplier, channels } = resnetOfWeights(path, tensors);
  const encoder = resnet({ depth, stem, widthMultiplier, channels, random: random(0) });
  importTorch(encoder, torchBackbone(tensors, encoder, prefix).tensors);
  return { encoder, input: { ...input, channels } };
}

/** A digest of all weights and of what is expected of images: the same network from another file has the same. */
function digestOf(encoder: ResidualEncoder, input: EncoderInput): string {
  const state = networkState(encoder);
  const names = Object.keys(state).sort();
  return digest([
    JSON.stringify(input),
    ...names.flatMap((name) => {
      const { values } = state[name]!;
      return [name, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
    }),
  ]);
}
