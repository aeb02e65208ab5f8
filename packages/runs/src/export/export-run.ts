/** A run's encoder in the formats of other programs. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { disposeNetwork, importTorch } from '@kindred/backbones';
import { DataError, decodeSafetensors, inputOf, type SafetensorsContent } from '@kindred/core';
import { writeOnnx, writeTfjs, writeTransformers } from '@kindred/export/node';
import { freshEncoder } from '../run/build-run.js';
import { checkpointOf, openRun } from '../run/load-run.js';

const writers = { onnx: writeOnnx, transformers: writeTransformers, tfjs: writeTfjs };

/** What a run's encoder is exported to: an ONNX file, a folder for transformers.js, a folder for TensorFlow.js. */
export type ExportFormat = keyof typeof writers;

/** The formats by name. */
export const exportFormats = Object.keys(writers) as ExportFormat[];

/** What to export, and where to. */
export interface ExportRunOptions {
  readonly to: ExportFormat;
  /** The file or folder to write. */
  readonly out: string;
  /** Whether to export the encoder that the run's monitor found best instead of the last one; false by default. */
  readonly best?: boolean;
}

/** What was exported. */
export interface ExportRunResult {
  /** Steps behind the weights. */
  readonly step: number;
  /** The length of an embedding. */
  readonly dimension: number;
}

/**
 * Writes the encoder of a finished run for other programs; `@kindred/export` says what is in the files. The images of the run are
 * not needed.
 *
 * @param run Its folder.
 * @throws DataError for a folder that is not a run, has no such encoder yet, or an encoder that does not say what images it expects;
 * for a place that cannot be written. Nothing is left half-written.
 */
export async function exportRun(run: string, { to, out, best = false }: ExportRunOptions): Promise<ExportRunResult> {
  const { path, settings } = await openRun(run);
  const file = join(path, best ? 'best.safetensors' : 'encoder.safetensors');
  if (!existsSync(file)) {
    throw new DataError(file, 'is not there.', best ? 'Only a run with monitor in its settings keeps the encoder that did best.' : 'Resume the run: it writes its encoder at the end.');
  }
  const { tensors, metadata } = decoded(file, await readFile(file));
  const input = inputOf(file, metadata);
  if (input === undefined) throw new DataError(file, 'does not say what images its encoder expects.', 'It is of an earlier version of Kindred. Train it again.');
  const encoder = freshEncoder(settings, input);
  try {
    importTorch(encoder, tensors);
    await writers[to](out, { encoder, input });
    return { step: Number(metadata['step'] ?? (await checkpointOf(path))), dimension: encoder.dimension };
  } finally {
    disposeNetwork(encoder);
  }
}

function decoded(file: string, bytes: Uint8Array): SafetensorsContent {
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    throw new DataError(file, `is damaged: ${(error as Error).message}`, undefined, error);
  }
}
