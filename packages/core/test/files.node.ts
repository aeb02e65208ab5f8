import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { isAlive, removePartials, thisWriter, writeFileAtomic, writeFolderAtomic } from '../src/node.js';

/** Errors that the next writes to files of a name meet: a disk that is full. */
const faults = vi.hoisted(() => ({ on: undefined as RegExp | undefined, code: 'ENOSPC' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    async open(path: string, ...rest: [string]) {
      const file = await real.open(path, ...rest);
      if (faults.on?.test(path)) file.writeFile = () => Promise.reject(Object.assign(new Error('no space left on device'), { code: faults.code }));
      return file;
    },
  };
});

let folder: string;
beforeEach(() => {
  faults.on = undefined;
  folder = mkdtempSync(join(tmpdir(), 'kindred-files-'));
});
const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => 'accepted', (error: Error) => `${error.name}: ${error.message}`.replaceAll(folder, '<folder>'));

describe('atomic writing', () => {
  test('a full disk leaves the old content, nothing half-written, and says what to do', async () => {
    const file = join(folder, 'a.json');
    await writeFileAtomic(file, 'old');
    faults.on = /a\.json/;
    expect(await message(writeFileAtomic(file, 'new'))).toMatchInlineSnapshot(
      `"DataError: <folder>/a.json: could not be written (ENOSPC). The disk is full. Free some space and try again: nothing half-written was kept."`,
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  test('a folder that is a file is told as what could not be written', async () => {
    await writeFileAtomic(join(folder, 'file'), 'text');
    expect(await message(writeFileAtomic(join(folder, 'file', 'a.json'), '1'))).toMatchInlineSnapshot(`"DataError: <folder>/file/a.json: could not be written (EEXIST). Part of the path is a file. Choose another place."`);
  });

  test('a folder appears whole or not at all', async () => {
    faults.on = /second/;
    expect(await message(writeFolderAtomic(join(folder, 'f'), { first: '1', second: '2' }))).toContain('ENOSPC');
    expect(readdirSync(folder)).toEqual([]);
    faults.on = undefined;
    await writeFolderAtomic(join(folder, 'f'), { first: '1', second: '2' });
    expect(readdirSync(join(folder, 'f'))).toEqual(['first', 'second']);
  });

  test('a name with a slash is a file in a folder of its own', async () => {
    await writeFolderAtomic(join(folder, 'f'), { 'onnx/model.onnx': '1', 'config.json': '2' });
    expect(readdirSync(join(folder, 'f'), { recursive: true }).sort()).toEqual(['config.json', 'onnx', 'onnx/model.onnx']);
  });

  test('a file that a function writes appears whole or not at all', async () => {
    await writeFolderAtomic(join(folder, 'f'), { first: (path) => writeFileSync(path, '1') });
    expect(readFileSync(join(folder, 'f', 'first'), 'utf8')).toBe('1');
    const half = (path: string): void => {
      writeFileSync(path, 'half');
      throw new Error('the library failed');
    };
    expect(await message(writeFileAtomic(join(folder, 'g'), half))).toContain('g: could not be written (the library failed).');
    expect(readdirSync(folder)).toEqual(['f']);
  });

  test('a folder of that name is replaced, and is back if it cannot be', async () => {
    const path = join(folder, 'f');
    await writeFolderAtomic(path, { first: '1', second: '2' });
    await writeFolderAtomic(path, { third: '3' });
    expect(readdirSync(path)).toEqual(['third']);
    faults.on = /fourth/;
    expect(await message(writeFolderAtomic(path, { fourth: '4' }))).toContain('ENOSPC');
    expect(readdirSync(path)).toEqual(['third']);
    expect(readdirSync(folder)).toEqual(['f']);
  });
});

describe('writers', () => {
  const { mark } = thisWriter();
  /** A process of this machine that is no more. */
  const dead = mark.replace(/-\d+-/, `-${spawnSync('true').pid}-`);

  test('the living are told from the dead, and from those of other machines', () => {
    expect(isAlive(mark)).toBe(true);
    expect(isAlive(dead)).toBe(false);
    // the number of this process, used before it by one that started earlier
    if (process.platform === 'linux') expect(isAlive(mark.replace(/-[0-9a-z]+$/, '-1'))).toBe(false);
    expect(isAlive('00000000-1-1')).toBeUndefined();
    expect(isAlive('anything')).toBeUndefined();
  });

  test('only what the dead left is removed; of other machines what is an hour old', async () => {
    const names = { mine: `.a.${mark}.x.partial`, dead: `.b.${dead}.x.partial`, theirs: '.c.00000000-1-1.x.partial', old: '.d.00000000-1-1.x.partial', other: 'e.partial' };
    for (const name of Object.values(names)) writeFileSync(join(folder, name), 'half');
    const then = new Date(Date.now() - 4_000_000);
    utimesSync(join(folder, names.old), then, then);
    await removePartials(folder);
    expect(readdirSync(folder).sort()).toEqual([names.mine, names.theirs, names.other].sort());
  });
});
