import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KindredError } from '@kindred/core';
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkSettings, pretrainRun, PretrainSettings, writeReport } from '../src/index.js';
import { settingsOn, stripedImages } from './support.js';

let images: string;
let runs: string;
let run: string;
beforeAll(async () => {
  images = await stripedImages();
  runs = mkdtempSync(join(tmpdir(), 'kindred-report-'));
  for (const seed of [1, 2]) await pretrainRun(settingsNamed(`seed-${seed}`, seed), { root: runs });
  run = join(runs, 'seed-1');
}, 60_000);

const settingsNamed = (name: string, seed: number): PretrainSettings =>
  checkSettings('test', PretrainSettings, { ...settingsOn(images), name, seed, epochs: 2, views: { ...(settingsOn(images)['views'] as object), normalize: { mean: [0.4], deviation: [0.3] } } });

/** A run folder of its own that may be damaged. */
function copyOf(path: string, name: string): string {
  const copy = join(runs, name);
  cpSync(path, copy, { recursive: true, filter: (from) => !from.includes('tfevents') });
  return copy;
}

const sections = (page: string): string[] => [...page.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id!);

describe('a report', () => {
  test('of a run holds all sections and its own images', async () => {
    const { path, bytes } = await writeReport([run]);
    expect(path).toBe(join(run, 'report.html'));
    const page = readFileSync(path, 'utf8');
    expect(Buffer.byteLength(page)).toBe(bytes);
    expect(sections(page)).toEqual(['overview', 'curves', 'followed', 'map', 'neighbors', 'positives', 'views', 'collapse', 'settings']);
    expect(bytes).toBeLessThan(1_000_000);
    const { maps } = JSON.parse(/<script type="application\/json" id="data">(.*)<\/script>/.exec(page)![1]!);
    expect(maps[0].x).toHaveLength(18);
    expect([...maps[0].labels].sort()).toEqual([...Array(6).fill(0), ...Array(6).fill(1), ...Array(6).fill(2)]);
    expect(maps[0].classes).toEqual(['across', 'dots', 'down']);
    maps[0].neighbors.forEach((others: number[], at: number) => {
      expect(others).toHaveLength(10);
      expect(others).not.toContain(at);
    });
  }, 30_000);

  test('twice is the same but for its date, and leaves nothing else', async () => {
    const out = join(runs, 'again.html');
    const undated = (): string => readFileSync(out, 'utf8').replace(/Made [\d: -]+ UTC/, '');
    await writeReport([run], { out });
    const [first, events] = [undated(), readFileSync(join(run, 'events.out.tfevents.kindred'))];
    await writeReport([run], { out });
    expect(undated() === first).toBe(true);
    expect(readFileSync(join(run, 'events.out.tfevents.kindred')).equals(events)).toBe(true);
    expect(readdirSync(run).filter((name) => name.includes('tfevents') || name.includes('.partial'))).toEqual(['events.out.tfevents.kindred']);
  }, 30_000);

  test('of several runs shows images of their common data once', async () => {
    const out = join(runs, 'both.html');
    await writeReport([run, join(runs, 'seed-2')], { out });
    const page = readFileSync(out, 'utf8');
    expect(page).toContain('2 seeds');
    // views, positives and followed images of each, test images of both
    expect(page.match(/--sheet:url/g)).toHaveLength(2 * 4 + 1);
  }, 30_000);

  test('holds views as they looked before they were normalised', async () => {
    const { default: sharp } = await import('sharp');
    const page = readFileSync(join(run, 'report.html'), 'utf8');
    const sheet = /--sheet:url\(data:image\/webp;base64,([^)]+)\);--columns:(\d+);--rows:\d+;aspect-ratio:12\/12\}/g;
    const levels: number[] = [];
    for (const [, data] of page.matchAll(sheet)) levels.push((await sharp(Buffer.from(data!, 'base64')).stats()).channels[0]!.mean);
    // stripes of 50 to 250: all sheets alike, which normalised views cut off at 0 would not be
    for (const level of levels) expect(level).toBeGreaterThan(50);
    expect(levels).toHaveLength(5);
  });

  test('leaves no tensor behind', async () => {
    const before = memory().numTensors;
    await writeReport([run], { out: join(runs, 'tensors.html') });
    expect(memory().numTensors).toBe(before);
  }, 30_000);

  test('of data without test images shows training images, and says why', async () => {
    const alone = copyOf(run, 'alone');
    const moved = mkdtempSync(join(tmpdir(), 'kindred-no-tests-'));
    cpSync(join(images, 'train'), join(moved, 'train'), { recursive: true });
    const out = join(runs, 'alone.html');
    await writeReport([alone], { out, data: moved });
    const page = readFileSync(out, 'utf8');
    expect(sections(page)).toContain('map');
    expect(page).toContain('48 training images');
    expect(page).toContain('alone is shown by training images: ');
  }, 30_000);

  test('without images needs neither data nor engine', async () => {
    const away = copyOf(run, 'away');
    const config = join(away, 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace(images, '/nowhere'));
    const out = join(runs, 'plain.html');
    await writeReport([away], { images: false, out, bringUpEngine: () => Promise.reject(new Error('brought up')) });
    expect(sections(readFileSync(out, 'utf8'))).toEqual(['overview', 'curves', 'settings']);
  });

  test('of a run without a checkpoint or any other file shows its curves, and says so', async () => {
    const young = copyOf(run, 'young');
    for (const name of ['checkpoints', 'environment.json', 'monitor.jsonl', 'neighbors.jsonl', 'encoder.safetensors', 'best.safetensors']) rmSync(join(young, name), { recursive: true });
    const out = join(runs, 'young.html');
    await writeReport([young], { out });
    const page = readFileSync(out, 'utf8');
    expect(sections(page)).toEqual(['overview', 'curves', 'views', 'settings']);
    expect(page).toContain('young has no checkpoint yet: its embeddings are left out.');
  });
});

describe('bad input', () => {
  const out = (): string => join(runs, 'refused.html');
  const refused = async (...paths: string[]): Promise<string> => {
    const error = await writeReport(paths, { out: out() }).then(() => undefined, (reason: unknown) => reason);
    if (!KindredError.is(error)) throw error;
    expect(existsSync(out())).toBe(false);
    return `${error.name}: ${error.message}`.replaceAll(runs, '<runs>').replaceAll(images, '<images>');
  };

  test('no run, one of another version, one that has not made a step', async () => {
    expect(await refused(images)).toMatchInlineSnapshot(`"DataError: <images>: is not the folder of a run: it has no config.json. Give the folder that pretrain made."`);

    const other = copyOf(run, 'other');
    const config = JSON.parse(readFileSync(join(other, 'config.json'), 'utf8'));
    writeFileSync(join(other, 'config.json'), JSON.stringify({ ...config, quantization: 'half' }));
    writeFileSync(join(other, 'environment.json'), '{ "kindred": "0.2.0" }');
    expect(await refused(run, other)).toMatchInlineSnapshot(`"DataError: <runs>/other: is a run of version 0.2.0 of Kindred, this is 0.1.0: quantization is not a setting. Make its report with the version that trained it."`);

    const fresh = copyOf(run, 'fresh');
    rmSync(join(fresh, 'checkpoints'), { recursive: true });
    writeFileSync(join(fresh, 'metrics.jsonl'), '');
    expect(await refused(fresh)).toMatchInlineSnapshot(`"DataError: <runs>/fresh: has neither metrics nor a checkpoint: the run has not made a step. Go on with: kindred pretrain --resume."`);
  });

  test('a damaged checkpoint, and images that are gone', async () => {
    const cut = copyOf(run, 'cut');
    truncateSync(join(cut, 'checkpoints', 'step-12', 'model.safetensors'), 100);
    expect((await refused(cut)).replace(/\d{4,} bytes/, '... bytes')).toMatchInlineSnapshot(`"DataError: <runs>/cut/checkpoints/step-12/model.safetensors: has 100 bytes, expected 10440. It was cut short. Delete <runs>/cut/checkpoints/step-12 to go on from the checkpoint before it."`);

    const moved = copyOf(run, 'moved');
    const config = join(moved, 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace(images, '/nowhere'));
    expect(await refused(moved)).toMatchInlineSnapshot(`"DataError: moved: its images cannot be opened. imageFolder: /nowhere does not exist, expected a folder of images. Say where they are with --data, or leave them out with --no-images."`);
    expect(readdirSync(moved).filter((name) => name.includes('tfevents'))).toEqual([]);
  });
});
