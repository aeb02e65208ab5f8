/** Approximate indexes compared with exact search over the same rows. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildNeighborGraph, candidatesIn, loadUsearch } from '../src/node/neighbor-graph.js';
import { type GalleryIndex, openIndex, type SearchOptions, writeIndex } from '../src/node.js';
import { clustered } from './support.js';

const top = mkdtempSync(join(tmpdir(), 'kindred-approximate-'));
const embeddings = clustered(22_000, 16);
const { dimension } = embeddings;
let approximate: GalleryIndex;
let exact: GalleryIndex;

beforeAll(async () => {
  expect(await writeIndex(join(top, 'approximate'), embeddings, { kind: 'approximate' })).toBe('approximate');
  expect(await writeIndex(join(top, 'exact'), embeddings)).toBe('exact');
  [approximate, exact] = [await openIndex(join(top, 'approximate')), await openIndex(join(top, 'exact'))];
}, 120_000);
afterAll(() => rmSync(top, { recursive: true }));

/** A query that is not a row: halfway between two neighbours of a class. */
function queryOf(i: number): Float32Array {
  const [a, b] = [exact.embeddingOf(i * 97), exact.embeddingOf(i * 97 + 20)];
  return a.map((value, at) => value + b[at]!);
}

/** The share of exact results that are found, which differs a little between builds: several threads add rows to the graph, in no fixed order. Also checks that everything found is correct. */
function recall(options: SearchOptions, queries = 60): number {
  let [found, all] = [0, 0];
  for (let i = 0; i < queries; i++) {
    const expected = exact.search(queryOf(i), options);
    const results = approximate.search(queryOf(i), options);
    expect(results).toHaveLength(expected.length);
    const similarity = new Map(expected.map((each) => [each.row, each.similarity]));
    all += expected.length;
    for (const each of results) {
      found += similarity.has(each.row) ? 1 : 0;
      expect(each.similarity).toBe(similarity.get(each.row) ?? each.similarity);
    }
    expect(results.map((each) => each.similarity)).toEqual(results.map((each) => each.similarity).sort((a, b) => b - a));
  }
  return found / all;
}

test('a search asks for more candidates where there are more rows, from 262,144 on', () => {
  expect([1, 100_000, 2 ** 18, 2 ** 18 + 1, 2 ** 20, 10_000_000].map(candidatesIn)).toEqual([128, 128, 128, 129, 512, 4883]);
});

test('finds at least 95 of 100 of the ten nearest, with their exact similarities', () => {
  expect([approximate.kind, exact.kind]).toEqual(['approximate', 'exact']);
  expect(recall({})).toBeGreaterThan(0.95);
  expect(recall({ k: 100 }, 10)).toBeGreaterThan(0.95);
});

test('a filter leaves ten, whether it accepts many, few or only what is far from the query', () => {
  const far = (id: string): boolean => Number(id.split('/')[0]) >= 10; // half of the classes
  expect(recall({ accept: (id) => !id.endsWith('7.jpg') })).toBeGreaterThan(0.95);
  expect(recall({ classes: ['class 3'] })).toBeGreaterThan(0.98);
  // of a class the half is so few rows that they are compared one by one
  expect(recall({ classes: ['class 3'], accept: (id) => Number.parseInt(id.split('/')[1]!, 10) < 11_000 })).toBe(1);
  expect(recall({ accept: far }, 20)).toBeGreaterThan(0.95);
  expect(approximate.search(queryOf(1), { classes: ['class 4'], accept: far })).toEqual([]);
  expect(approximate.search(queryOf(1), { accept: (id) => id === '5/25.jpg' }).map(({ id }) => id)).toEqual(['5/25.jpg']);
});

test('more than all are all', () => {
  expect(approximate.search(queryOf(2), { k: 30_000 })).toHaveLength(22_000);
});

test('a graph that is cut short, or of other rows, is refused before it is opened', async () => {
  const [place, other] = [join(top, 'damaged'), join(top, 'other')];
  await writeIndex(place, clustered(500, dimension), { kind: 'approximate' });
  await writeIndex(other, clustered(400, dimension), { kind: 'approximate' });
  const file = join(place, 'graph.usearch');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, bytes.length / 2));
  await expect(openIndex(place)).rejects.toThrow(`graph.usearch: has ${bytes.length / 2} bytes, expected ${bytes.length}. Make the index again.`);
  const graph = readFileSync(join(other, 'graph.usearch'));
  writeFileSync(file, graph);
  writeFileSync(join(place, 'index.json'), readFileSync(join(place, 'index.json'), 'utf8').replace(String(bytes.length), String(graph.length)));
  await expect(openIndex(place)).rejects.toThrow('is a graph of [400, 16], expected [500, 16]');
  rmSync(file);
  await expect(openIndex(place)).rejects.toThrow('graph.usearch: has 0 bytes');
});

test('embeddings that are cut short are refused when the index is opened', async () => {
  const place = join(top, 'short');
  await writeIndex(place, clustered(500, dimension));
  const file = join(place, 'embeddings.safetensors');
  writeFileSync(file, readFileSync(file).subarray(0, -4));
  await expect(openIndex(place)).rejects.toThrow('is not a whole safetensors file');
});

test('an index of other weights is refused', async () => {
  await expect(openIndex(join(top, 'approximate'), { source: { weights: 'x', encoder: 'runs/b' } })).rejects.toThrow('the query is of runs/b');
});

test('building that is stopped leaves nothing, and what was there', async () => {
  const place = join(top, 'stopped');
  const controller = new AbortController();
  const stopped = (): Promise<unknown> => writeIndex(place, clustered(2000, dimension), { kind: 'approximate', signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) });
  await expect(stopped()).rejects.toThrow('enough');
  expect(readdirSync(top)).not.toContain('stopped');
  await writeIndex(place, clustered(30, dimension));
  await expect(stopped()).rejects.toThrow('enough');
  expect((await openIndex(place)).ids).toHaveLength(30);
});

test.skipIf(!existsSync('/dev/full'))('a full disk is noticed, also where only the end of a graph does not fit', async () => {
  for (const count of [3, 2000]) {
    const graph = await buildNeighborGraph(await loadUsearch(), clustered(count, dimension).values, dimension);
    // usearch itself says nothing of 3 rows
    await expect(graph.save('/dev/full')).rejects.toMatchObject({ code: 'ENOSPC' });
  }
});
