/** Unpacks an archive next to itself, once, whole or not at all. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '@kindred/core';
import { extract } from 'tar';
import { type Archive, notReadable, whatToPass } from './archive.js';

/**
 * The folder `archive.folder` next to the archive at `path`, with the named members in it. The archive is read as a stream;
 * the folder takes its name only once everything is in it, so a program that is stopped leaves no half of it. Where it is
 * there already nothing is read.
 *
 * @throws DataError if the archive is damaged or lacks a member, or the folder cannot be written.
 */
export async function unpack(archive: Archive, path: string, members: readonly string[]): Promise<string> {
  const folder = join(dirname(path), archive.folder);
  if (await isFolder(folder)) return folder;
  const { where } = archive;
  const remedy = `Unpack ${basename(path)} by other means, and pass the folder ${archive.folder} as root.`;
  const part = `${folder}.part-${randomUUID().slice(0, 8)}`;
  await mkdir(part).catch((cause: unknown) => {
    throw new DataError(where, `${dirname(path)} cannot be written (${(cause as NodeJS.ErrnoException).code}).`, remedy, cause);
  });
  try {
    await extract({
      file: path,
      cwd: part,
      strict: true,
      filter: (name, entry) => members.includes(basename(name)) && (entry as { size: number }).size <= archive.mostBytes,
      onReadEntry: (entry) => {
        entry.path = basename(entry.path);
      },
    }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT') {
        throw new DataError(where, `${part} cannot be written: no space is left.`, remedy, cause);
      }
      throw notReadable(archive, path, cause);
    });
    const found = await readdir(part);
    const lacking = members.find((name) => !found.includes(name));
    if (lacking) throw new DataError(where, `${path} has no ${lacking}.`, whatToPass(archive));
    for (const name of members) await sync(join(part, name));
    await rename(part, folder).catch(async (cause: unknown) => {
      // Another program may have been faster
      if (!(await isFolder(folder))) throw cause;
    });
    return folder;
  } finally {
    // a failed extraction may still be writing
    await rm(part, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Waits until a file is on disk. */
async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
