/** Allows one writer per run: a file in its folder names the process. */
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataError } from '@kindred/core';
import { isAlive, thisWriter, writeError } from '@kindred/core/node';
import lockfile from 'proper-lockfile';
import * as z from 'zod';

/** The content of the file. It includes the folder, so that the lock has no effect in a copy of a run that is being written. */
const Holder = z.object({ host: z.string(), pid: z.number(), mark: z.string(), since: z.string(), folder: z.string() });

/** Milliseconds from one sign of life to the next, and how long another machine may go without one before it counts as dead. */
const [beat, patience] = [30_000, 600_000];

/**
 * Locks a run for this process. The lock of a process that has died is taken over: at once if it was on this machine, after ten
 * minutes without a sign of life if it was on another.
 *
 * @returns A function that releases the run.
 * @throws DataError if another process, or this one, is writing the run; if the folder cannot be written.
 */
export async function lockRun(path: string): Promise<() => Promise<void>> {
  const file = join(path, 'lock');
  const folder = await identityOf(path).catch((error: unknown) => {
    throw writeError(path, error);
  });
  const { host, pid, mark } = thisWriter();
  const mine: z.infer<typeof Holder> = { host, pid, mark, since: new Date().toISOString(), folder };
  // checking and taking the lock are one step: nobody else does either meanwhile
  await alone(path, async () => {
    const holder = await read(file);
    if (holder !== undefined && holder.folder === folder && (await holds(holder, file))) {
      const elsewhere = isAlive(holder.mark) === undefined;
      throw new DataError(
        path,
        `is being written by process ${holder.pid} on ${holder.host}, since ${holder.since}.`,
        elsewhere ? `Stop it first. If it is gone already, delete ${file}.` : 'Stop it first, or wait for its end.',
      );
    }
    await writeFile(file, `${JSON.stringify(mine)}\n`).catch((error: unknown) => {
      throw writeError(file, error);
    });
  });
  const alive = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), beat);
  alive.unref();
  return async () => {
    clearInterval(alive);
    const now = await read(file);
    // if it cannot be removed, others will see that this process has ended
    if (now?.mark === mark && now.since === mine.since) await rm(file, { force: true }).catch(() => undefined);
  };
}

/** Identifies the folder behind a path, whatever its name: renaming keeps the identity, copying does not. */
async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return ino === 0n ? resolve(path) : `${dev}:${ino}`;
}

async function holds({ mark }: z.infer<typeof Holder>, file: string): Promise<boolean> {
  return isAlive(mark) ?? Date.now() - (await stat(file)).mtimeMs < patience;
}

/** The holder; undefined if there is none, or if the file is empty or unreadable. */
async function read(file: string): Promise<z.infer<typeof Holder> | undefined> {
  try {
    return Holder.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Runs work that takes milliseconds, while no other process runs its own. */
async function alone(path: string, work: () => Promise<void>): Promise<void> {
  const guard = join(path, '.lock');
  const take = (tries: number): Promise<() => Promise<void>> =>
    lockfile.lock(guard, { lockfilePath: guard, realpath: false, stale: 5000 }).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ELOCKED' || tries === 0) throw writeError(join(path, 'lock'), error);
      await sleep(50);
      return take(tries - 1);
    });
  const release = await take(200);
  try {
    await work();
  } finally {
    await release().catch(() => undefined);
  }
}
