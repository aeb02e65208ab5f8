import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageDataset, KindredError } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkSettings, completeRun, evaluateRun, EvaluationSettings, pretrainRun, PretrainSettings, writeReport } from '../src/index.js';
import { settingsOn, stripedImages } from './support.js';

/** A disk that fails from one operation on: full (nothing new is written), read-only (nothing changes), or gone. */
const disk = vi.hoisted(() => ({ root: '/nowhere', kinds: undefined as RegExp | undefined, code: '', from: Infinity, count: 0, seen: [] as string[] }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const meets = (kind: string, path: unknown): void => {
    if (!String(path).startsWith(disk.root) || disk.kinds?.test(kind) === false) return;
    disk.seen.push(`${kind} ${String(path).slice(disk.root.length).replaceAll(/\.[0-9a-f]{8}-\d+-\w+\.[0-9a-f]{8}/g, '')}`);
    if (disk.count++ >= disk.from) throw Object.assign(new Error('the disk'), { code: disk.code });
  };
  const guarded = (kind: string, work: (...args: never[]) => Promise<unknown>) => async (...args: never[]) => {
    meets(kind, args[0]);
    return work(...args);
  };
  return {
    ...real,
    ...Object.fromEntries((['mkdir', 'writeFile', 'rename', 'rm', 'readFile', 'readdir', 'stat'] as const).map((name) => [name, guarded(name, real[name] as never)])),
    async open(path: string, flags: string) {
      meets(flags === 'r' ? 'read' : 'open', path);
      const file = await real.open(path, flags);
      const [write, append, sync] = [file.writeFile.bind(file), file.appendFile.bind(file), file.sync.bind(file)];
      file.writeFile = (async (content: never) => (meets('writeFile', path), write(content))) as never;
      file.appendFile = (async (content: never) => (meets('appendFile', path), append(content))) as never;
      file.sync = (async () => (meets('sync', path), sync())) as never;
      return file;
    },
  };
});

type Fault = readonly [name: string, code: string, kinds: RegExp];
const faults: readonly Fault[] = [
  ['full', 'ENOSPC', /^(mkdir|open|writeFile|appendFile|sync)$/],
  ['read-only', 'EROFS', /^(mkdir|open|writeFile|appendFile|sync|rename|rm)$/],
  ['gone', 'EIO', /./],
];

let images: string;
let root: string;
let settings: PretrainSettings;
let dataset: ImageDataset;
let whole: string;
beforeAll(async () => {
  images = await stripedImages();
  root = mkdtempSync(join(tmpdir(), 'kindred-disk-'));
  settings = checkSettings('disk', PretrainSettings, { ...settingsOn(images), batchSize: 16, epochs: 1, checkpointEvery: 1, monitor: { everyEpochs: 1, images: 40, k: 5 } });
  dataset = await openDataset(settings.data, 'train');
  whole = (await pretrainRun(settings, { root: join(root, 'whole'), dataset })).path;
}, 60_000);
afterAll(() => {
  for (const folder of [images, root]) rmSync(folder, { recursive: true });
});

/** Runs work on a disk that fails from its n-th operation on. @returns How it ended, and what it had done. */
async function on(folder: string, [, code, kinds]: Fault, from: number, work: () => Promise<unknown>): Promise<{ readonly error: unknown; readonly seen: readonly string[] }> {
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

/** Operations to fail at: the first of each kind and file, so that no way to write is left out; of these so many, evenly. */
async function moments(folder: string, fault: Fault, work: () => Promise<unknown>): Promise<number[]> {
  const { seen } = await on(folder, fault, Infinity, work);
  const firsts = new Map<string, number>();
  seen.forEach((what, i) => firsts.has(what) || firsts.set(what, i));
  const all = [...firsts.values()];
  expect(all.length).toBeGreaterThan(2);
  const step = Math.max(1, all.length / tries);
  return all.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}

const files = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' });
const halves = (folder: string): string[] => files(folder).filter((name) => name.includes('.partial'));

describe.each(faults)('a disk that is %s', (...fault) => {
  test('ends a run with an error that names the file, and the run ends in the same weights once the disk is back', async () => {
    const folder = join(root, fault[0]);
    const all = await moments(join(folder, 'probe'), fault, () => pretrainRun(settings, { root: join(folder, 'probe'), dataset }));
    for (const from of all) {
      const runs = join(folder, String(from));
      const { error, seen } = await on(runs, fault, from, () => pretrainRun(settings, { root: runs, dataset }));
      const what = `${seen[from]} (${from})`;
      if (!KindredError.is(error)) {
        // what could be done without: a sync of a folder, say
        if (error !== undefined) throw new Error(what, { cause: error });
      } else expect(error.message, what).toMatch(new RegExp(`^${runs}.*(${fault[1]})`));
      rmSync(join(runs, 'striped', 'lock'), { force: true }); // as the process has ended
      const { path } = await completeRun(settings, { root: runs, dataset });
      const model = join('checkpoints', 'step-3', 'model.safetensors');
      expect(readFileSync(join(path, model)).equals(readFileSync(join(whole, model))), what).toBe(true);
      if (fault[0] === 'full') expect(halves(runs), what).toEqual([]);
    }
  }, 240_000);

  test('ends an evaluation and a report with an error, and leaves the files that were there', async () => {
    const evaluation = checkSettings('disk', EvaluationSettings, { probes: ['knn'], fractions: [1] });
    await evaluateRun(whole, { settings: evaluation });
    writeFileSync(join(whole, 'report.html'), 'before');
    for (const [name, work] of [['evaluation.json', () => evaluateRun(whole, { settings: evaluation })], ['report.html', () => writeReport([whole], { images: false })]] as const) {
      const before = readFileSync(join(whole, name), 'utf8');
      const all = await moments(whole, fault, work);
      if (name === 'report.html') writeFileSync(join(whole, name), before);
      for (const from of all) {
        const { error, seen } = await on(whole, fault, from, work);
        if (error !== undefined && !KindredError.is(error)) throw new Error(`${seen[from]}`, { cause: error });
        if (KindredError.is(error)) {
          expect(error.message, seen[from]!).toContain(fault[1]);
          expect(readFileSync(join(whole, name), 'utf8'), seen[from]!).toBe(before);
        } else writeFileSync(join(whole, name), before);
      }
    }
  }, 120_000);
});
