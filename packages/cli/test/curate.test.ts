/** From a folder of pictures to answers, as a person walks it. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddings } from '@kindred/runs';
import { consola } from 'consola';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProgram } from '../src/program.js';
import { ended, settingsOn, start, stripedImages, writeSettings } from './support.js';

const top = mkdtempSync(join(tmpdir(), 'kindred-curate-'));
const run = join(top, 'striped');
const photos = join(top, 'photos');
const embeddings = join(top, 'photos.safetensors');

const { level, options: { reporters } } = consola;
afterAll(() => {
  consola.level = level;
  consola.setReporters(reporters);
});

/** Runs a command within this process, which is spared starting the engine; returns what it said. */
async function kindred(...args: string[]): Promise<string> {
  const said: string[] = [];
  consola.level = 3; // tests hear nothing otherwise
  consola.setReporters([{ log: ({ args: parts }) => said.push(parts.join(' ')) }]);
  await makeProgram('0.0.0').parseAsync(['node', 'kindred', ...args]);
  return said.join('\n');
}

beforeAll(async () => {
  const images = await stripedImages();
  await kindred('pretrain', writeSettings({ ...settingsOn(images), epochs: 1, monitor: undefined }), '--runs', top);
  cpSync(images, photos, { recursive: true });
}, 60_000);

describe('kindred embed --images', () => {
  test('a broken file among many has no row and is named', { timeout: 30_000 }, async () => {
    const names = readdirSync(photos, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.png')).sort();
    const broken = names[3]!;
    writeFileSync(join(photos, broken), 'no image');
    expect(await kindred('embed', run, '--images', photos, '--out', embeddings)).toContain(`${broken} cannot be read`);
    const opened = await openEmbeddings(embeddings);
    expect([...opened.names].sort()).toEqual(names.filter((name) => name !== broken));
    expect(opened.features.values.length).toBe(opened.names.length * opened.features.dimension);
    expect(opened.folder).toBe(photos);
  });

  test('a folder without images is an error, and nothing is written', { timeout: 30_000 }, async () => {
    const empty = mkdtempSync(join(top, 'empty-'));
    await expect(kindred('embed', run, '--images', empty, '--out', join(top, 'none.safetensors'))).rejects.toThrow(`${empty} holds no images`);
    expect(existsSync(join(top, 'none.safetensors'))).toBe(false);
  });
});

describe('over embeddings', { timeout: 60_000 }, () => {
  test('duplicates as a list and a page', async () => {
    const [out, page] = [join(top, 'duplicates.csv'), join(top, 'duplicates.html')];
    expect(await kindred('duplicates', embeddings, '--threshold', '0.9', '--out', out, '--page', page)).toContain('with a cosine of 0.9 or more');
    expect(readFileSync(out, 'utf8')).toMatch(/^group,name,similarity,keep\n1,.*\.png,(?:1|0\.9\d*),yes\n/);
    expect(readFileSync(page, 'utf8')).toContain('<h1>Near-duplicates</h1>');
  });

  test('what is wrong is told before anything is computed', async () => {
    const other = join(top, 'other.safetensors');
    writeFileSync(other, 'nothing');
    const cases: readonly (readonly [string[], RegExp])[] = [
      [['clusters', embeddings], /out: received undefined, expected a file to write, --out or --page/],
      [['outliers', join(top, 'gone.safetensors'), '--out', join(top, 'x.csv')], /gone\.safetensors: is not there\. Make it: kindred embed/],
      [['select', other, '--n', '3', '--out', join(top, 'x.csv')], /other\.safetensors: is no embeddings file, or damaged/],
      [['select', embeddings, '--n', '3', '--by', 'uncertain', '--out', join(top, 'x.csv')], /--labels: received undefined, expected a CSV file/],
    ];
    for (const [args, message] of cases) await expect(kindred(...args)).rejects.toThrow(message);
    expect(existsSync(join(top, 'x.csv'))).toBe(false);
  });
});

describe('kindred browse', { timeout: 60_000 }, () => {
  test('--static writes a folder with the encoder; a folder of something else is left alone', async () => {
    const out = join(top, 'public');
    expect(await kindred('browse', embeddings, '--static', out)).toContain('open it through a web server');
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['index.html', 'app.js', 'encoder.js', 'data.json', 'embeddings.i8', 'map.f32', 'model', 'sheets']));
    const before = readdirSync(photos);
    await expect(kindred('browse', embeddings, '--static', photos)).rejects.toThrow('holds other things than an earlier page');
    expect(readdirSync(photos)).toEqual(before);
  });

  test('a port in use and a run of other weights are errors', async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const { port } = taken.address() as AddressInfo;
    await expect(kindred('browse', embeddings, '--port', `${port}`)).rejects.toThrow(`127.0.0.1:${port}: is in use by another program.`);
    taken.close();
    const settings = { ...settingsOn(await stripedImages()), name: 'other', seed: 2, epochs: 1, monitor: undefined };
    await kindred('pretrain', writeSettings(settings), '--runs', top);
    await expect(kindred('browse', embeddings, '--run', join(top, 'other'), '--static', join(top, 'foreign'))).rejects.toThrow('Its weights are others.');
    expect(existsSync(join(top, 'foreign'))).toBe(false);
  });

  test('serves the page until it is interrupted, and leaves nothing behind', async () => {
    const child = start('browse', embeddings, '--port', '0');
    const end = ended(child);
    const url = await new Promise<string>((done) => {
      let said = '';
      child.stderr!.on('data', (text: Buffer) => {
        said += text.toString();
        const [found] = /http:\/\/127\.0\.0\.1:\d+\//.exec(said) ?? [];
        if (found !== undefined) done(found);
      });
    });
    expect((await fetch(`${url}images/0`)).headers.get('content-type')).toBe('image/png');
    child.kill('SIGINT');
    expect((await end).code).toBe(0);
  });
});
