/** A disk that fails from one operation on: full (nothing new is written), read-only (nothing changes), or gone. */
import fs from 'node:fs';
import type * as promises from 'node:fs/promises';
import { expect } from 'vitest';

const disk = { root: '/nowhere', kinds: undefined as RegExp | undefined, code: '', from: Infinity, count: 0, seen: [] as string[] };

function meets(kind: string, path: unknown): void {
  if (!String(path).startsWith(disk.root) || disk.kinds?.test(kind) === false) return;
  disk.seen.push(`${kind} ${String(path).slice(disk.root.length).replaceAll(/\.[0-9a-f]{8}-\d+-\w+\.[0-9a-f]{8}/g, '')}`);
  if (disk.count++ >= disk.from) throw Object.assign(new Error('the disk'), { code: disk.code });
}

/** `node:fs/promises` on that disk: `vi.mock('node:fs/promises', async (original) => (await import('./failing-disk.js')).onDisk(await original()))`. */
export function onDisk(real: typeof promises): typeof promises {
  const guarded = (kind: string, work: (...args: never[]) => Promise<unknown>) => async (...args: never[]) => {
    meets(kind, args[0]);
    return work(...args);
  };
  const open = async (path: string, flags: string): Promise<promises.FileHandle> => {
    meets(flags === 'r' ? 'read' : 'open', path);
    const file = await real.open(path, flags);
    const [write, append, sync, truncate] = [file.writeFile.bind(file), file.appendFile.bind(file), file.sync.bind(file), file.truncate.bind(file)];
    file.writeFile = (async (content: never) => (meets('writeFile', path), write(content))) as never;
    file.appendFile = (async (content: never) => (meets('appendFile', path), append(content))) as never;
    file.sync = (async () => (meets('sync', path), sync())) as never;
    file.truncate = (async (length: never) => (meets('truncate', path), truncate(length))) as never;
    return file;
  };
  const names = ['mkdir', 'writeFile', 'rename', 'rm', 'truncate', 'readFile', 'readdir', 'stat'] as const;
  return { ...real, ...Object.fromEntries(names.map((name) => [name, guarded(name, real[name] as never)])), open: open as never };
}

/** hyparquet-writer writes by this. Vitest replaces no module for packages outside of the workspace, but they share this object. */
const writeFileSync = fs.writeFileSync;
fs.writeFileSync = (path, ...rest): void => {
  meets('writeFile', path);
  writeFileSync(path, ...rest);
};

export type Fault = readonly [name: string, code: string, kinds: RegExp];
export const faults: readonly Fault[] = [
  ['full', 'ENOSPC', /^(mkdir|open|writeFile|appendFile|sync)$/],
  ['read-only', 'EROFS', /^(mkdir|open|writeFile|appendFile|sync|rename|rm|truncate)$/],
  ['gone', 'EIO', /./],
];

/** Runs work on a disk that fails from its n-th operation on. @returns How it ended, and what it had done. */
export async function on(folder: string, [, code, kinds]: Fault, from: number, work: () => Promise<unknown>): Promise<{ readonly error: unknown; readonly seen: readonly string[] }> {
  Object.assign(disk, { root: folder, code, kinds, from, count: 0, seen: [] });
  try {
    await work();
    return { error: undefined, seen: disk.seen };
  } catch (error) {
    return { error, seen: disk.seen };
  } finally {
    Object.assign(disk, { root: '/nowhere', from: Infinity });
  }
}

/** How many operations fail in turn, of each kind of disk; KINDRED_DISK=1000 is all of them, some minutes. */
const tries = Number(process.env['KINDRED_DISK'] ?? 4);

/**
 * Operations to fail at: the first of each kind and file, so that no way to write is left out; of these so many, evenly, and the writing of the last file,
 * when those that belong to it are written.
 */
export async function moments(folder: string, fault: Fault, work: () => Promise<unknown>): Promise<number[]> {
  const { error, seen } = await on(folder, fault, Infinity, work);
  if (error !== undefined) throw error;
  const firsts = new Map<string, number>();
  seen.forEach((what, i) => firsts.has(what) || firsts.set(what, i));
  const all = [...firsts.values()];
  const last = [...firsts].filter(([what]) => what.startsWith('writeFile')).at(-1)?.[1];
  expect(all.length).toBeGreaterThan(2);
  const step = Math.max(1, all.length / tries);
  return all.filter((at, i) => at === last || Math.floor(i / step) !== Math.floor((i - 1) / step));
}
