/** Whatever is written about embedded images, on a disk that is full, read-only or gone. */
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { KindredError } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { openIndex, readEmbeddings, writeIndex } from '@kindred/gallery/node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  checkSettings, embedImages, exportFormats, exportRun, findDuplicates, loadEncoder, openEmbeddings, openNamedImages, pretrainRun, PretrainSettings, searchImages, writeBrowse, writeCuration,
  writePreview, writeSearchSheet,
} from '../src/index.js';
import { faults, moments, on } from './failing-disk.js';
import { settingsOn, stripedImages } from './support.js';

vi.mock('node:fs/promises', async (original) => (await import('./failing-disk.js')).onDisk(await original()));

const root = mkdtempSync(join(tmpdir(), 'kindred-writers-'));
const at = (...parts: string[]): string => join(root, ...parts);
let images: string;
let few: string; // one class of them, and a file that is torn
let run: string;
beforeAll(async () => {
  images = await stripedImages();
  const settings = checkSettings('disk', PretrainSettings, { ...settingsOn(images), batchSize: 16, epochs: 1, monitor: undefined });
  run = (await pretrainRun(settings, { root: at('runs'), dataset: await openDataset(settings.data, 'train') })).path;
  await embed(at('others.parquet'), { what: join(images, 'test') });
  few = join(images, 'test', 'dots');
  writeFileSync(join(few, 'torn.png'), readFileSync(join(few, '0.png')).subarray(0, 90));
  await embed(at('few.safetensors'));
  await writeIndex(at('few.index'), await readEmbeddings(at('few.safetensors')));
}, 60_000);
afterAll(() => {
  for (const folder of [images, root]) rmSync(folder, { recursive: true });
});

const embed = async (out: string, { what = few, append = false } = {}): Promise<void> => {
  await embedImages(await loadEncoder(run), await openNamedImages(what, { channels: 1 }), { out, append, batchSize: 2 });
};
const bringUpEngine = (): Promise<void> => Promise.resolve();

/** A writer, and how a folder looks in which its work was done earlier. */
interface Writer {
  /** Works in a folder. */
  work(folder: string): Promise<unknown>;
  /** Files that are there before; by default the work's own, one of them a little different. */
  before?(folder: string): void;
  /** Whether other bytes are made each time: a page says when, a graph is drawn. */
  readonly varies?: boolean;
}

const writers: Readonly<Record<string, Writer>> = {
  ...Object.fromEntries(['safetensors', 'npy', 'parquet'].map((suffix): [string, Writer] => [`embeddings as .${suffix}`, { work: (folder) => embed(join(folder, `a.${suffix}`)) }])),
  'embeddings appended to others': {
    before: (folder) => cpSync(at('others.parquet'), join(folder, 'a.parquet')),
    work: (folder) => embed(join(folder, 'a.parquet'), { append: true }),
  },
  'an exact index': { work: async (folder) => writeIndex(join(folder, 'index'), await readEmbeddings(at('few.safetensors'))) },
  'an approximate index': { varies: true, work: async (folder) => writeIndex(join(folder, 'index'), await readEmbeddings(at('few.safetensors')), { kind: 'approximate' }) },
  'a list and a page of what was found': {
    varies: true,
    async work(folder) {
      const embeddings = await openEmbeddings(at('few.safetensors'));
      await writeCuration(await findDuplicates(embeddings, { threshold: 0.5 }), embeddings, { out: join(folder, 'a.csv'), page: join(folder, 'a.html'), folder: few });
    },
  },
  'a list as JSON': {
    async work(folder) {
      const embeddings = await openEmbeddings(at('few.safetensors'));
      await writeCuration(await findDuplicates(embeddings, { threshold: 0.5 }), embeddings, { out: join(folder, 'a.json') });
    },
  },
  'the page to browse in': {
    varies: true,
    work: async (folder) => writeBrowse(await openEmbeddings(at('few.safetensors')), { out: join(folder, 'page'), title: 'few', images: few, whole: false }),
  },
  'a sheet of what a search found': { work: async (folder) => writeSearchSheet(join(folder, 'a.png'), await searchImages(at('few.index'), { id: '0.png', bringUpEngine })) },
  ...Object.fromEntries(exportFormats.map((to): [string, Writer] => [`an export to ${to}`, { work: (folder) => exportRun(run, { to, out: join(folder, to === 'onnx' || to === 'safetensors' ? `a.${to}` : 'model') }) }])),
  'a sheet of views': { work: (folder) => writePreview({ views: 'simclrCifar', data: join(few, '0.png'), count: 1, draws: 1, seed: 1, tile: 16, out: join(folder, 'a.png'), bringUpEngine }) },
};

/** Every file of a folder, with a digest of its content; what is unfinished is left out. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !/\.(unfinished|partial)/.test(name) && statSync(join(folder, name)).isFile());
  return Object.fromEntries(names.sort().map((name) => [name, createHash('sha256').update(readFileSync(join(folder, name))).digest('hex')]));
}
const left = (folder: string, what: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes(what));

describe.each(faults)('a disk that is %s', (...fault) => {
  const full = fault[0] === 'full';
  test.each(Object.entries(writers))('ends %s with an error that names the file, and leaves what was there', async (name, { work, before, varies = false }) => {
    const [start, whole] = [at(fault[0], name, 'start'), at(fault[0], name, 'whole')];
    for (const folder of [start, whole]) {
      mkdirSync(folder, { recursive: true });
      before?.(folder);
    }
    await work(whole);
    if (before === undefined) {
      cpSync(whole, start, { recursive: true });
      for (const file of Object.keys(contents(start))) if (/\.(json|npy|html|i8|csv|png|onnx|safetensors|parquet)$/.test(file)) appendFileSync(join(start, file), '\n');
    }
    const earlier = contents(start);
    const probe = at(fault[0], name, 'probe');
    cpSync(start, probe, { recursive: true });
    // every file is written where the disk sees it, also by other libraries
    const { seen: written } = await on(probe, fault, Infinity, () => work(probe));
    for (const file of Object.keys(contents(probe))) expect(written.filter((each) => each.startsWith('writeFile') && !each.includes('.unfinished') && each.includes(basename(file))), file).not.toEqual([]);
    for (const from of await moments(probe, fault, () => work(probe))) {
      const folder = at(fault[0], name, String(from));
      cpSync(start, folder, { recursive: true });
      const { error, seen } = await on(folder, fault, from, () => work(folder));
      const what = `${seen[from]} (${from})`;
      if (!KindredError.is(error)) {
        // what could be done without: a sync of a folder, say
        if (error !== undefined) throw new Error(what, { cause: error });
        if (!varies) expect(contents(folder), what).toEqual(contents(whole));
        continue;
      }
      expect(error.message, what).toMatch(new RegExp(`^${folder}.*\\(${fault[1]}\\)`));
      if (full) {
        expect(contents(folder), what).toEqual(earlier);
        expect(left(folder, '.partial'), what).toEqual([]);
      } else if (seen.slice(0, from + 1).filter((each) => each.startsWith('rename')).length === 0) {
        // a disk that goes away between two renames can part what belongs together: nothing can be done about it then
        expect(contents(folder), what).toEqual(earlier);
      }
      await work(folder); // the disk is back
      if (!varies) expect(contents(folder), what).toEqual(contents(whole));
      expect(left(folder, '.unfinished'), what).toEqual([]);
    }
  }, 120_000);
});

test('what was appended holds the others, and the index of a graph can be searched', async () => {
  const [[name]] = faults as [(typeof faults)[0]];
  expect((await readEmbeddings(at(name, 'embeddings appended to others', 'whole', 'a.parquet'))).ids.length).toBe(18 + 6);
  const index = await openIndex(at(name, 'an approximate index', 'whole', 'index'));
  expect([index.kind, index.search(index.embeddingOf(2), { k: 1 })[0]!.row]).toEqual(['approximate', 2]);
});
