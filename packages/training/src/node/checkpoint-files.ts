/** Checkpoints on disk: `step-N/` with `model.safetensors`, `state.safetensors` and `state.json`. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, decodeSafetensors, encodeSafetensors, type NamedTensors } from '@kindred/core';
import { removePartials, writeFolderAtomic } from '@kindred/core/node';
import * as z from 'zod';
import type { Checkpoint } from '../checkpoint.js';

/** The version of the layout; a reader refuses others. */
const format = 1;

const Summary = z.strictObject({
  format: z.literal(format),
  step: z.int().min(0),
  files: z.record(z.string(), z.strictObject({ bytes: z.int(), sha256: z.string() })),
});

const names = ['model.safetensors', 'state.safetensors'] as const;

/** Writes a checkpoint below `folder`, whole or not at all, and removes all but the newest `keep`. @throws DataError */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint, keep: number): Promise<string> {
  const contents = {
    'model.safetensors': encodeSafetensors(checkpoint.model, { format: 'kindred' }),
    'state.safetensors': encodeSafetensors(checkpoint.state),
  };
  const files = Object.fromEntries(
    Object.entries(contents).map(([name, bytes]) => [name, { bytes: bytes.byteLength, sha256: sha256(bytes) }]),
  );
  const summary: z.infer<typeof Summary> = { format, step: checkpoint.step, files };
  const path = join(folder, `step-${checkpoint.step}`);
  await writeFolderAtomic(path, { ...contents, 'state.json': `${JSON.stringify(summary, null, 2)}\n` });
  const older = (await listCheckpoints(folder)).slice(0, -keep);
  for (const step of older) {
    const old = join(folder, `step-${step}`);
    await rm(old, { recursive: true, force: true }).catch((error: unknown) => {
      throw new DataError(old, `could not be removed (${(error as NodeJS.ErrnoException).code}).`, 'Make the folder writable, and resume the run.', error);
    });
  }
  await removePartials(folder);
  return path;
}

/** The steps that have a checkpoint below `folder`, ascending. Empty if there is no folder. @throws DataError for one that cannot be read. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    // an unreadable folder may hold checkpoints: reporting none would restart the run
    throw new DataError(folder, `cannot be read (${error.code}).`, 'Is its disk there?', error);
  });
  return entries
    .flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Reads a checkpoint's folder and verifies every file by size and hash.
 *
 * @throws DataError that names the file which is missing, cut short or changed.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const remedy = `Delete ${path} to go on from the checkpoint before it.`;
  const read = async (name: string): Promise<Buffer> => {
    try {
      return await readFile(join(path, name));
    } catch (error) {
      throw new DataError(join(path, name), `cannot be read (${(error as NodeJS.ErrnoException).code}).`, remedy, error);
    }
  };
  let json: unknown;
  try {
    json = JSON.parse((await read('state.json')).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new DataError(join(path, 'state.json'), 'is not JSON.', remedy, error);
    throw error;
  }
  const parsed = Summary.safeParse(json);
  if (!parsed.success) {
    throw new DataError(join(path, 'state.json'), `is not a checkpoint's of format ${format}: ${z.prettifyError(parsed.error)}.`, remedy);
  }
  const tensors: NamedTensors[] = [];
  for (const name of names) {
    const bytes = await read(name);
    const expected = parsed.data.files[name];
    if (expected === undefined || bytes.byteLength !== expected.bytes) {
      throw new DataError(join(path, name), `has ${bytes.byteLength} bytes, expected ${expected?.bytes ?? 'none'}.`, `It was cut short. ${remedy}`);
    }
    if (sha256(bytes) !== expected.sha256) throw new DataError(join(path, name), 'does not have the content that was written.', remedy);
    tensors.push(decodeSafetensors(bytes, join(path, name)).tensors);
  }
  return { step: parsed.data.step, model: tensors[0]!, state: tensors[1]! };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
