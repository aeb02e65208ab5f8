import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Embeddings } from '../src/index.js';
import { openIndex, readEmbeddings, writeEmbeddings, writeIndex } from '../src/node.js';

const folder = mkdtempSync(join(tmpdir(), 'kindred-gallery-'));
const four: Embeddings = {
  source: { weights: 'abc', encoder: 'runs/a' },
  dimension: 2,
  values: Float32Array.of(5, 0, 0, 3, 1, 1, -1, 0),
  ids: ['cats/a.jpg', 'dogs/b.jpg', 'dogs/c.jpg', 'd.jpg'],
  heights: new Int32Array(4).fill(8),
  widths: new Int32Array(4).fill(9),
  labels: Int32Array.of(0, 1, 1, -1),
  classes: ['cats', 'dogs'],
  errors: [],
};

test('a file of embeddings gives back all that was written', async () => {
  const file = join(folder, 'four.safetensors');
  await writeEmbeddings(file, four);
  expect(await readEmbeddings(file)).toEqual(four);
  await expect(readEmbeddings(join(folder, 'none.safetensors'))).rejects.toThrow('none.safetensors: is not there.');
  await expect(writeEmbeddings(join(folder, 'four.csv'), four)).rejects.toThrow('expected a file that ends in');
});

test('an index finds what is most similar, by class and by path as well', async () => {
  const place = join(folder, 'index');
  await writeIndex(place, four, { images: '/photos' });
  const index = await openIndex(place, { source: { weights: 'abc', encoder: 'elsewhere' } });
  expect(index.images).toBe('/photos');
  expect(index.search(Float32Array.of(2, 1), { k: 2 })).toEqual([
    { row: 2, id: 'dogs/c.jpg', similarity: expect.closeTo(3 / Math.sqrt(10), 6), class: 'dogs' },
    { row: 0, id: 'cats/a.jpg', similarity: expect.closeTo(2 / Math.sqrt(5), 6), class: 'cats' },
  ]);
  expect(index.search(Float32Array.of(2, 1), { classes: ['cats'] }).map(({ id }) => id)).toEqual(['cats/a.jpg']);
  expect(index.search(Float32Array.of(2, 1), { accept: (id) => !id.includes('/') }).map(({ id }) => id)).toEqual(['d.jpg']);
  expect(index.rowOf('dogs/b.jpg')).toBe(1);
});

test('other weights, other sizes, other classes and unknown ids are refused', async () => {
  const place = join(folder, 'index');
  await writeIndex(place, four);
  await expect(openIndex(place, { source: { weights: 'x', encoder: 'runs/b' } })).rejects.toThrow('the query is of runs/b');
  const index = await openIndex(place);
  expect(() => index.search(new Float32Array(3))).toThrow('the query has 3 numbers, the index is of 2.');
  expect(() => index.search(new Float32Array(2), { classes: ['cows'] })).toThrow('received "cows", expected one of cats, dogs.');
  expect(() => index.rowOf('e.jpg')).toThrow('received "e.jpg", expected one of its 4 ids');
});

test('a folder of other things is never replaced', async () => {
  const foreign = mkdtempSync(join(tmpdir(), 'kindred-gallery-'));
  writeFileSync(join(foreign, 'letter.txt'), 'dear');
  await expect(writeIndex(foreign, four)).rejects.toThrow('holds letter.txt, and is no index.');
  expect(readdirSync(foreign)).toEqual(['letter.txt']);
  await expect(openIndex(foreign)).rejects.toThrow('is no index: it has no index.json.');
});
