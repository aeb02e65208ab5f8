/** Files and folders that are either whole or not there. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../errors.js';
import { isAlive, thisWriter } from './writer.js';

/** A unique name in the folder of `path`, marked with this process: `.<name>.<mark>.<random>.partial`. */
const partial = (path: string): string => join(dirname(path), `.${basename(path).slice(0, 100)}.${thisWriter().mark}.${randomUUID().slice(0, 8)}.partial`);

/**
 * What a file is to hold: whole, piece by piece where it is larger than memory, or written by a function (another library, say) under the
 * path it is given, where there is no file yet.
 */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array> | ((path: string) => void | Promise<void>);

/**
 * Writes a file to a temporary name, syncs it to the disk, and renames it. Folders above it are made.
 *
 * @throws DataError
 *
 * @example
 * writeFileAtomic instanceof Function; // => true
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  await writeFilesAtomic({ [path]: content });
}

/**
 * Writes files that belong together: none is renamed before all are written and synced, so that a full disk leaves all as they were. Between two renames a
 * disk that goes away, or a kill, can still part them.
 *
 * @param files Contents by path, in the order in which they appear.
 * @throws DataError of the file that could not be written.
 *
 * @example
 * writeFilesAtomic instanceof Function; // => true
 */
export async function writeFilesAtomic(files: Readonly<Record<string, FileContent>>): Promise<void> {
  const all = Object.entries(files).map(([path, content]) => ({ path, content, temporary: partial(path) }));
  let at = '';
  try {
    for (const { path, content, temporary } of all) {
      await mkdir(dirname((at = path)), { recursive: true });
      await writeSynced(temporary, content);
    }
    for (const { path, temporary } of all) await rename(temporary, (at = path));
    for (const folder of new Set(all.map(({ path }) => dirname(path)))) await syncFolder(folder);
  } catch (error) {
    for (const { temporary } of all) await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(at, error);
  }
}

/**
 * Writes a folder of files under a temporary name, syncs all, and renames it. A folder of that name is replaced.
 *
 * @param files Contents by name; one with a slash, `onnx/model.onnx`, goes into a subfolder.
 * @throws DataError
 *
 * @example
 * writeFolderAtomic instanceof Function; // => true
 */
export async function writeFolderAtomic(path: string, files: Readonly<Record<string, FileContent>>): Promise<void> {
  const [temporary, old] = [partial(path), partial(path)];
  try {
    await mkdir(temporary, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      const file = join(temporary, name);
      await mkdir(dirname(file), { recursive: true });
      await writeSynced(file, content);
      await syncFolder(dirname(file));
    }
    await syncFolder(temporary);
    // the old folder makes way in one step and is deleted after the new one is there
    await rename(path, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(temporary, path);
    await syncFolder(dirname(path));
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    await rename(old, path).catch(() => undefined); // back, if it had made way
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
}

/** How long a file left by a writer on another machine counts as work in progress, in milliseconds: an hour. */
const patience = 3_600_000;

/**
 * Removes what killed writers left in a folder. What a living process is writing stays, and so, for an hour, does
 * what another machine may be writing.
 *
 * @example
 * await removePartials('a folder that is not there'); // nothing happens
 */
export async function removePartials(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => name.startsWith('.') && name.endsWith('.partial'));
  for (const name of left) {
    const alive = isAlive(name.split('.').at(-3) ?? '');
    const path = join(folder, name);
    const age = async (): Promise<number> => Date.now() - (await stat(path).then(({ mtimeMs }) => mtimeMs, () => 0));
    if (alive === false || (alive === undefined && (await age()) > patience)) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * The error for a file that could not be written.
 *
 * @example
 * writeError('a.json', { code: 'EROFS' }).message; // => 'a.json: could not be written (EROFS). The file system is read-only. Choose another folder.'
 */
export function writeError(path: string, error: unknown): DataError {
  const { code, message } = error as NodeJS.ErrnoException;
  const full = 'Free some space and try again: nothing half-written was kept.';
  const remedies: Readonly<Record<string, string>> = {
    ENOSPC: `The disk is full. ${full}`,
    EDQUOT: `The disk quota is used up. ${full}`,
    EACCES: 'Make the folder writable, or choose another one.',
    EPERM: 'Make the folder writable, or choose another one.',
    EEXIST: 'Part of the path is a file. Choose another place.',
    ENOTDIR: 'Part of the path is a file. Choose another place.',
    EISDIR: 'It is a folder. Choose another name.',
    ENOENT: 'The folder has vanished. Was its disk taken away?',
    EROFS: 'The file system is read-only. Choose another folder.',
    EIO: 'The disk failed. Check it, and try again.',
    ENAMETOOLONG: 'The name is too long. Choose a shorter one.',
  };
  return new DataError(path, `could not be written (${code ?? message}).`, remedies[code ?? ''], error);
}

async function writeSynced(path: string, content: FileContent): Promise<void> {
  if (typeof content === 'function') await content(path);
  const file = await open(path, typeof content === 'function' ? 'r+' : 'wx');
  try {
    if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content);
    else if (typeof content !== 'function') for await (const piece of content) await file.writeFile(piece); // from where the last one ended
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
