/** A run's encoder, and its heads, in the formats of other programs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { disposeNetwork, importTorch, type LayeredHead, type ResidualEncoder, restoreNetwork, type Trees } from '@kindred/backbones';
import { ArgumentError, DataError, type EncoderInput, inputOf, random, under } from '@kindred/core';
import type { EncoderExport, ExportOptions } from '@kindred/export';
import { writeOnnx, writeSafetensors, writeTfjs, writeTransformers } from '@kindred/export/node';
import { readWeightsFile } from '../embed/weights-file.js';
import { freshEncoder } from '../run/build-run.js';
import { checkpointOf, type OpenedRun, openRun, statedInput, weightsOfRun } from '../run/load-run.js';
import { buildHeads } from '../settings/method-settings.js';
import type { ExportFormat } from './export-formats.js';

const writers: Readonly<Record<ExportFormat, (out: string, options: ExportOptions) => Promise<void>>> = {
  onnx: writeOnnx,
  transformers(out, options) {
    if (isOfImages(options)) return writeTransformers(out, options);
    throw new ArgumentError('exportRun.head', "true or false for transformers, whose pipelines give images", 'only', 'Export the head alone as onnx, tfjs or safetensors.');
  },
  tfjs: writeTfjs,
  safetensors: writeSafetensors,
};

const isOfImages = (options: ExportOptions): options is EncoderExport => options.encoder !== undefined;

/** What to export, and where to. */
export interface ExportRunOptions {
  readonly to: ExportFormat;
  /** The file or folder to write. */
  readonly out: string;
  /** Whether to export the encoder that the run's monitor found best instead of the last one; false by default. */
  readonly best?: boolean;
  /**
   * Whether to export the projection head, and the prediction head where the method has one, with the encoder; `only`: without it, as a model of
   * embeddings. False by default.
   */
  readonly head?: boolean | 'only';
}

/** What was exported. */
export interface ExportRunResult {
  /** Steps behind the weights. */
  readonly step: number;
  /** The length of an embedding. */
  readonly dimension: number;
  /** The length of a projection, if the head was exported. */
  readonly projections?: number;
  /** The length of a prediction, if the run has a prediction head and it was exported. */
  readonly predictions?: number;
}

/**
 * Writes what a run has trained for other programs; `@kindred/export` says what is in the files. The images of the run are not needed.
 *
 * Without heads it is the encoder of a finished run. With heads both are of the newest checkpoint, as they were trained together: of a run with
 * `averageWeights` the encoder is then not the average, on which no head was trained.
 *
 * @param run Its folder.
 * @throws DataError for a folder that is not a run, has no such encoder yet, or an encoder that does not say what images it expects;
 * for a place that cannot be written. ArgumentError for heads of the best encoder, which the run does not keep. Nothing is left half-written.
 */
export async function exportRun(run: string, { to, out, best = false, head = false }: ExportRunOptions): Promise<ExportRunResult> {
  if (best && head !== false) throw new ArgumentError('exportRun.head', 'false with best: a run keeps the heads of its checkpoints alone', head, 'Leave out best (--best).');
  const opened = await openRun(run);
  const networks = await (head === false ? encoderOf(opened, best) : withHeads(opened));
  const { encoder, projector, predictor, input, step } = networks;
  const heads = projector && { head: projector, ...(predictor && { predictor }) };
  try {
    await writers[to](out, heads && head === 'only' ? heads : { encoder, input, ...heads });
    return { step, dimension: encoder.dimension, ...(projector && { projections: projector.dimension }), ...(predictor && { predictions: predictor.dimension }) };
  } finally {
    [encoder, projector, predictor].forEach((network) => network && disposeNetwork(network));
  }
}

/** What is exported, built and filled. */
interface Networks {
  readonly encoder: ResidualEncoder;
  readonly projector?: LayeredHead;
  readonly predictor?: LayeredHead;
  readonly input: EncoderInput;
  readonly step: number;
}

/** The last encoder of a finished run, or its best. */
async function encoderOf({ path, settings }: OpenedRun, best: boolean): Promise<Networks> {
  const file = join(path, best ? 'best.safetensors' : 'encoder.safetensors');
  if (!existsSync(file)) {
    throw new DataError(file, 'is not there.', best ? 'Only a run with monitor in its settings keeps the encoder that did best.' : 'Resume the run: it writes its encoder at the end.');
  }
  const { tensors, metadata } = await readWeightsFile(file);
  const input = inputOf(file, metadata);
  if (input === undefined) throw unknownInput(file);
  const encoder = freshEncoder(settings, input);
  filled([encoder], () => importTorch(encoder, tensors));
  return { encoder, input, step: Number(metadata['step'] ?? (await checkpointOf(path))) };
}

/** Encoder and heads of the newest checkpoint. */
async function withHeads(run: OpenedRun): Promise<Networks> {
  const { path, settings } = run;
  const { step, model } = await weightsOfRun(run);
  const input = await statedInput(path);
  if (input === undefined) throw unknownInput(path);
  const encoder = freshEncoder(settings, input);
  const heads = buildHeads(settings.method, encoder, random(settings.seed));
  const networks: [string, Trees][] = Object.entries({ encoder, ...heads });
  filled(networks.map(([, network]) => network), () => networks.forEach(([name, network]) => restoreNetwork(path, network, under(name, model))));
  return { encoder, ...heads, input, step };
}

/** Frees networks whose values do not fit. */
function filled(networks: readonly Trees[], fill: () => void): void {
  try {
    fill();
  } catch (error) {
    networks.forEach(disposeNetwork);
    throw error;
  }
}

const unknownInput = (where: string): DataError => new DataError(where, 'does not say what images its encoder expects.', 'It is of an earlier version of Kindred. Train it again.');
