/** Exports as files: whole, or not there. */
import { readdir } from 'node:fs/promises';
import { DataError } from '@kindred/core';
import { writeError, writeFileAtomic, writeFolderAtomic } from '@kindred/core/node';
import type { EncoderExport, ExportOptions } from '../model.js';
import { exportOnnx } from '../onnx.js';
import { exportSafetensors } from '../safetensors.js';
import { tfjsFiles } from '../tfjs.js';
import { transformersFiles } from '../transformers.js';

/**
 * Writes an encoder as an ONNX file; see `exportOnnx`.
 *
 * @throws DataError for a file that cannot be written. What `exportOnnx` throws is thrown before anything is written.
 *
 * @example
 * writeOnnx instanceof Function; // => true
 */
export async function writeOnnx(path: string, options: ExportOptions): Promise<void> {
  await writeFileAtomic(path, exportOnnx(options));
}

/**
 * Writes weights as a safetensors file for PyTorch; see `exportSafetensors`.
 *
 * @throws DataError for a file that cannot be written. What `exportSafetensors` throws is thrown before anything is written.
 *
 * @example
 * writeSafetensors instanceof Function; // => true
 */
export async function writeSafetensors(path: string, options: ExportOptions): Promise<void> {
  await writeFileAtomic(path, exportSafetensors(options));
}

/**
 * Writes a folder with `model.json` and its weights, for `tf.loadGraphModel`; see `tfjsFiles`. An earlier export is replaced.
 *
 * @throws DataError for a folder that holds anything else, or cannot be written.
 *
 * @example
 * writeTfjs instanceof Function; // => true
 */
export async function writeTfjs(folder: string, options: ExportOptions): Promise<void> {
  await replaceExport(folder, tfjsFiles(options));
}

/**
 * Writes a folder that `pipeline('image-feature-extraction', folder)` of transformers.js loads; see `transformersFiles`. An earlier
 * export is replaced.
 *
 * @throws DataError for a folder that holds anything else, or cannot be written.
 *
 * @example
 * writeTransformers instanceof Function; // => true
 */
export async function writeTransformers(folder: string, options: EncoderExport): Promise<void> {
  await replaceExport(folder, transformersFiles(options));
}

/** Replaces a folder, if all that it holds is an earlier export. */
async function replaceExport(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const own = new Set(Object.keys(files).map((name) => name.split('/')[0]!));
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw writeError(folder, error);
  });
  const foreign = present.find((name) => !own.has(name) && !/^group1-shard\d+of\d+\.bin$/.test(name));
  if (foreign !== undefined) {
    throw new DataError(folder, `holds ${foreign}, expected a new folder or an earlier export, which would be replaced.`, 'Choose another folder.');
  }
  await writeFolderAtomic(folder, files);
}
