/** Files and folders that are either whole or not there. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '@kindred/core';

/** A name beside `path` that nobody else uses. Starts with a dot, ends with `.partial`. */
const partial = (path: string): string => join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.partial`);

/** Writes a file to a temporary name, syncs it to the disk, and renames it. @throws DataError */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = partial(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeSynced(temporary, content);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
}

/**
 * Writes a folder of files under a temporary name, syncs all, and renames it. A folder of that name is replaced.
 *
 * @throws DataError
 */
export async function writeFolderAtomic(path: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const temporary = partial(path);
  try {
    await mkdir(temporary, { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeSynced(join(temporary, name), content);
    await syncFolder(temporary);
    await rm(path, { recursive: true, force: true });
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
}

/** Removes what writers that were killed left in a folder. */
export async function removePartials(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => name.startsWith('.') && name.endsWith('.partial'));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** What to say of a file that could not be written. */
export function writeError(path: string, error: unknown): DataError {
  const { code, message } = error as NodeJS.ErrnoException;
  const remedies: Record<string, string> = {
    ENOSPC: 'The disk is full. Free some space and resume the run: nothing half-written was kept.',
    EDQUOT: 'The disk quota is used up. Free some space and resume the run: nothing half-written was kept.',
    EACCES: 'Make the folder writable, or choose another one.',
    EEXIST: 'Part of the path is a file. Choose another place.',
    ENOTDIR: 'Part of the path is a file. Choose another place.',
    EROFS: 'The file system is read-only. Choose another folder.',
  };
  return new DataError(path, `could not be written (${code ?? message}).`, remedies[code ?? ''], error);
}

async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename last through a power cut. Not every system can open folders. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
