import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import type { Embeddings } from '../src/index.js';
import { partsOf } from '../src/node/embedding-parts.js';
import { openEmbeddingJournal, readEmbeddings, writeEmbeddings } from '../src/node.js';

const folder = mkdtempSync(join(tmpdir(), 'kindred-journal-'));
const source = { weights: 'abc', encoder: 'runs/a', root: '/photos' };
const two: Embeddings = {
  source,
  dimension: 3,
  values: Float32Array.of(1, 2.5, -3, 0.1, 0, 7),
  ids: ['a.jpg', 'dogs/b, "é".jpg'],
  heights: Int32Array.of(8, 16),
  widths: Int32Array.of(9, 17),
  labels: Int32Array.of(-1, 0),
  classes: ['dogs'],
  errors: [{ id: 'torn.jpg', reason: 'cut off' }],
};

test.each(['.safetensors', '.npy', '.parquet'])('%s gives back all that was written', async (suffix) => {
  const file = join(folder, `two${suffix}`);
  await writeEmbeddings(file, two);
  expect(await readEmbeddings(file)).toEqual(two);
  expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

test('a Parquet file has a row for each image, the error beside those that have no numbers', async () => {
  const file = join(folder, 'rows.parquet');
  await writeEmbeddings(file, two);
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
  expect(rows).toEqual([
    { id: 'a.jpg', height: 8, width: 9, label: null, class: null, error: null, embedding: [1, 2.5, -3] },
    { id: 'dogs/b, "é".jpg', height: 16, width: 17, label: 0, class: 'dogs', error: null, embedding: [Math.fround(0.1), 0, 7] },
    { id: 'torn.jpg', height: null, width: null, label: null, class: null, error: 'cut off', embedding: null },
  ]);
});

test('a damaged file is refused by name', async () => {
  for (const suffix of ['.safetensors', '.npy', '.parquet']) {
    const file = join(folder, `cut${suffix}`);
    await writeEmbeddings(file, two);
    truncateSync(file, 60);
    await expect(readEmbeddings(file)).rejects.toThrow(file);
  }
});

test('what was killed within a line or a row goes on from the last whole image, to the same bytes', async () => {
  const whole = join(folder, 'whole.safetensors');
  const images = [{ id: 'a', height: 1, width: 2, class: 'x' }, { id: 'b', reason: 'torn' }, { id: 'c', height: 3, width: 4, class: 'y' }, { id: 'd', height: 5, width: 6 }];
  const rows = Float32Array.of(1, 2, 3, 4, 5, 6);
  const once = await openEmbeddingJournal(whole, { source, dimension: 2 });
  await once.add(images, rows);
  expect(await once.finish()).toEqual({ images: 3, errors: 1 });

  const file = join(folder, 'killed.safetensors');
  const first = await openEmbeddingJournal(file, { source, dimension: 2 });
  await first.add(images.slice(0, 3), rows.subarray(0, 4));
  await first.close();
  const lines = join(`${file}.unfinished`, 'images.jsonl');
  truncateSync(lines, readFileSync(lines).length - 5); // in the middle of the line of c, whose row has been written
  const again = await openEmbeddingJournal(file, { source, dimension: 2 });
  expect([...again.done]).toEqual(['a', 'b']);
  await again.add(images.slice(2), rows.subarray(2));
  await again.finish();
  expect(readFileSync(file).equals(readFileSync(whole))).toBe(true);
  expect(existsSync(`${file}.unfinished`)).toBe(false);
});

test('what was killed while it took over the rows of before has them all when it goes on', async () => {
  const file = join(folder, 'appended.safetensors');
  const before = { ...partsOf(two), async *rows() {
    yield two.values.slice(0, 3);
    throw new Error('killed');
  } };
  await expect(openEmbeddingJournal(file, { source, dimension: 3, before })).rejects.toThrow('killed');
  const again = await openEmbeddingJournal(file, { source, dimension: 3, before: partsOf(two) });
  expect([...again.done]).toEqual(two.ids);
  await again.finish();
  expect(await readEmbeddings(file)).toEqual({ ...two, errors: [] });
});

test('lines without their rows, as a power cut can leave them, are cut off', async () => {
  const file = join(folder, 'power.safetensors');
  const images = [{ id: 'a' }, { id: 'b', reason: 'torn' }, { id: 'c' }, { id: 'd' }];
  const first = await openEmbeddingJournal(file, { source, dimension: 2 });
  await first.add(images, Float32Array.of(1, 2, 3, 4, 5, 6));
  await first.close();
  truncateSync(join(`${file}.unfinished`, 'rows.f32'), 12); // half of the row of c
  const again = await openEmbeddingJournal(file, { source, dimension: 2 });
  expect([...again.done]).toEqual(['a', 'b']);
  await again.close();
  appendFileSync(join(`${file}.unfinished`, 'images.jsonl'), '\0\0\0\n');
  const once = await openEmbeddingJournal(file, { source, dimension: 2 });
  await once.add(images.slice(2), Float32Array.of(3, 4, 5, 6));
  await once.finish();
  expect([...(await readEmbeddings(file)).values]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('what could not be removed of a finished journal counts for nothing', async () => {
  const file = join(folder, 'removed.npy');
  const left = await openEmbeddingJournal(file, { source, dimension: 1 });
  await left.add([{ id: 'a' }], Float32Array.of(1));
  await left.close();
  rmSync(join(`${file}.unfinished`, 'about.json')); // the first that goes
  expect([...(await openEmbeddingJournal(file, { source: { weights: 'xyz', encoder: 'runs/b' }, dimension: 2 })).done]).toEqual([]);
});

test('what is left of another encoder is not gone on with', async () => {
  const file = join(folder, 'other.npy');
  const journal = await openEmbeddingJournal(file, { source, dimension: 1 });
  await journal.add([{ id: 'a' }], Float32Array.of(1));
  await journal.close();
  await expect(openEmbeddingJournal(file, { source: { weights: 'xyz', encoder: 'runs/b' }, dimension: 1 })).rejects.toThrow('the query is of runs/b');
});

test('a place that cannot be written is named, and nothing is left', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(openEmbeddingJournal(join(folder, 'file', 'a.npy'), { source, dimension: 1 })).rejects.toThrow('Part of the path is a file.');
});
