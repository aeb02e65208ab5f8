import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageDataset, KindredError } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkSettings, completeRun, evaluateRun, EvaluationSettings, pretrainRun, PretrainSettings, writeReport } from '../src/index.js';
import { faults, moments, on } from './failing-disk.js';
import { settingsOn, stripedImages } from './support.js';

vi.mock('node:fs/promises', async (original) => (await import('./failing-disk.js')).onDisk(await original()));

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
