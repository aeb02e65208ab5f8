import { existsSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import type { Embeddings } from '../src/index.js';
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
