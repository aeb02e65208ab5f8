/** From embeddings to an index, and from an index to what is similar. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KindredError } from '@kindred/core';
import { readEmbeddings } from '@kindred/gallery/node';
import { searchImages } from '@kindred/runs';
import { consola } from 'consola';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeProgram } from '../src/program.js';
import { settingsOn, stripedImages, writeSettings } from './support.js';

const top = mkdtempSync(join(tmpdir(), 'kindred-search-'));
const [file, index] = [join(top, 'photos.safetensors'), join(top, 'photos.index')];
let photos: string;
let names: readonly string[];

const { level, options: { reporters } } = consola;
afterAll(() => {
  consola.level = level;
  consola.setReporters(reporters);
  for (const folder of [top, photos]) rmSync(folder, { recursive: true });
});

/** Runs a command within this process; returns what it printed. */
async function kindred(...args: string[]): Promise<string> {
  consola.level = 3;
  consola.setReporters([{ log: () => undefined }]);
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed += String(text)), true));
  try {
    await makeProgram('0.0.0').parseAsync(['node', 'kindred', ...args]);
  } finally {
    write.mockRestore();
  }
  return printed;
}
const refusal = (...args: string[]): Promise<string> =>
  kindred(...args).then(
    () => 'accepted',
    (error: unknown) => (KindredError.is(error) ? `${error.name}: ${error.message}` : String(error)).replaceAll(top, '<top>'),
  );
const found = async (...args: string[]): Promise<{ id: string; similarity: number; class?: string }[]> => JSON.parse(await kindred('search', index, ...args, '--format', 'json')) as never;

beforeAll(async () => {
  photos = await stripedImages();
  await kindred('pretrain', writeSettings({ ...settingsOn(photos), name: 'one', epochs: 1, monitor: undefined }), '--runs', top);
  await kindred('pretrain', writeSettings({ ...settingsOn(photos), name: 'two', seed: 2, epochs: 1, monitor: undefined }), '--runs', top);
  await kindred('embed', join(photos, 'train'), '--run', join(top, 'one'), '--out', file);
  await kindred('index', file, '--out', index);
  names = (await readEmbeddings(file)).ids;
}, 60_000);

/** Cosines of a row with all others, in float64, the greatest first. */
async function byHand(query: ArrayLike<number>, except = -1): Promise<{ id: string; similarity: number }[]> {
  const { values, dimension, ids } = await readEmbeddings(file);
  const cosine = (row: number): number => {
    let [dot, a, b] = [0, 0, 0];
    for (let i = 0; i < dimension; i++) {
      const [x, y] = [query[i]!, values[row * dimension + i]!];
      dot += x * y;
      a += x * x;
      b += y * y;
    }
    return dot / Math.sqrt(a * b);
  };
  return ids.map((id, row) => ({ id, similarity: cosine(row) })).filter((_, row) => row !== except).sort((a, b) => b.similarity - a.similarity);
}

describe('kindred search', () => {
  test('by id finds what float64 loops find, and not itself', async () => {
    const { values, dimension } = await readEmbeddings(file);
    const expected = await byHand(values.slice(5 * dimension, 6 * dimension), 5);
    const results = await found('--id', names[5]!, '--k', '7');
    results.forEach(({ similarity }, i) => expect(similarity).toBeCloseTo(expected[i]!.similarity, 4));
    expect(results.map(({ id }) => id)).not.toContain(names[5]);
    expect(results).toHaveLength(7);
  });

  test('by the file of an image finds that image first', async () => {
    const [first] = await found(join(photos, 'train', names[9]!), '--k', '1');
    expect(first).toMatchObject({ id: names[9] });
    expect(first!.similarity).toBeCloseTo(1, 4);
  });

  test('by numbers, of one class, below a path, as a table and as a sheet', async () => {
    const { values, dimension } = await readEmbeddings(file);
    const vector = join(top, 'query.json');
    writeFileSync(vector, JSON.stringify([...values.slice(0, dimension)]));
    const results = await found('--vector', vector, '--class', 'dots', '--path', 'dots/1');
    expect(results.length).toBeGreaterThan(0);
    expect(results.every((each) => each.class === 'dots' && each.id.startsWith('dots/1'))).toBe(true);
    const sheet = join(top, 'found.png');
    const table = await kindred('search', index, '--vector', vector, '--k', '3', '--sheet', sheet);
    expect(table).toContain(names[0]);
    expect((await sharp(sheet).metadata()).format).toBe('png');
  });
});

test('an approximate index gives the same answers, of one class as well', async () => {
  const graph = join(top, 'graph.index');
  await kindred('index', file, '--out', graph, '--kind', 'approximate');
  expect(readdirSync(graph)).toContain('graph.usearch');
  for (const filter of [[], ['--class', 'dots']]) {
    const ask = ['--id', names[5]!, '--k', '7', '--format', 'json', ...filter];
    expect(JSON.parse(await kindred('search', graph, ...ask))).toEqual(JSON.parse(await kindred('search', index, ...ask)));
  }
});

describe('what cannot be searched is refused', () => {
  test('an encoder that did not make the index', async () => {
    expect(await refusal('search', index, join(photos, 'train', names[0]!), '--run', join(top, 'two'))).toMatch(/^\w+Error: .*weights/);
  });

  test('a question that is none, or several; an id that is not there; numbers of another length; no image', async () => {
    expect(await refusal('search', index)).toContain('expected an image, --id or --vector, and only one of them; received none');
    expect(await refusal('search', index, 'a.png', '--id', 'b')).toContain('only one of them');
    expect(await refusal('search', index, '--id', 'nowhere.png')).toContain('nowhere.png');
    const vector = join(top, 'short.json');
    writeFileSync(vector, '[1, 2, 3]');
    expect(await refusal('search', index, '--vector', vector)).toContain('3');
    writeFileSync(vector, '{"a": 1}');
    expect(await refusal('search', index, '--vector', vector)).toContain('is no list of numbers');
    const broken = join(top, 'broken.png');
    writeFileSync(broken, 'no image');
    expect(await refusal('search', index, broken)).toContain('cannot be read as an image');
  });

  test('a folder that is no index, embeddings that are not there', async () => {
    expect(await refusal('search', join(top, 'one'), '--id', 'a')).toMatch(/Error: <top>\/one/);
    expect(await refusal('index', join(top, 'nothing.safetensors'), '--out', join(top, 'other.index'))).toContain('nothing.safetensors');
    expect(existsSync(join(top, 'other.index'))).toBe(false);
  });

  test('a place that cannot be written leaves nothing half-written; a folder of something else stays', async () => {
    writeFileSync(join(top, 'a-file'), 'mine');
    expect(await refusal('index', file, '--out', join(top, 'a-file', 'x.index'))).toMatch(/Error/);
    mkdirSync(join(top, 'mine'));
    writeFileSync(join(top, 'mine', 'notes.txt'), 'mine');
    expect(await refusal('index', file, '--out', join(top, 'mine'))).toMatch(/Error/);
    expect(readFileSync(join(top, 'mine', 'notes.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(top).filter((name) => name.includes('part') || name.includes('tmp'))).toEqual([]);
  });

  test('and so does the function', async () => {
    await expect(searchImages(index, { bringUpEngine: async () => undefined })).rejects.toThrow('expected an image');
  });
});
