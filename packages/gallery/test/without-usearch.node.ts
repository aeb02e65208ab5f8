/** How everything behaves on a machine where the package usearch does not load. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { openIndex, writeIndex } from '../src/node.js';
import { clustered } from './support.js';

vi.mock('usearch', () => {
  throw new Error('Cannot find package');
});

const top = mkdtempSync(join(tmpdir(), 'kindred-without-'));
afterAll(() => rmSync(top, { recursive: true }));
const embeddings = clustered(200, 8);

test('auto is exact and says so once; approximate is refused', async () => {
  const warnings: string[] = [];
  const onWarning = (text: string): number => warnings.push(text);
  expect(await writeIndex(join(top, 'auto'), embeddings, { onWarning })).toBe('exact');
  expect(warnings).toEqual([]);
  expect(await writeIndex(join(top, 'auto'), embeddings, { exactUpTo: 1000, onWarning })).toBe('exact');
  expect(warnings).toEqual([expect.stringMatching(/^200 images will be searched row by row: approximate search: the package usearch does not load \(.*\)\. Run npm install usearch\.$/)]);
  await expect(writeIndex(join(top, 'refused'), embeddings, { kind: 'approximate' })).rejects.toThrow('Run npm install usearch.');
});

test('an approximate index from elsewhere is searched exactly, with one warning', async () => {
  const place = join(top, 'elsewhere');
  await writeIndex(join(top, 'auto'), embeddings);
  cpSync(join(top, 'auto'), place, { recursive: true });
  writeFileSync(join(place, 'graph.usearch'), 'graph');
  const about = JSON.parse(readFileSync(join(place, 'index.json'), 'utf8')) as object;
  writeFileSync(join(place, 'index.json'), JSON.stringify({ ...about, graph: { bytes: 5 } }));
  const warnings: string[] = [];
  const index = await openIndex(place, { onWarning: (text) => warnings.push(text) });
  expect(index.kind).toBe('exact');
  expect(warnings).toHaveLength(1);
  expect(index.search(index.embeddingOf(7), { k: 1 })[0]).toMatchObject({ row: 7 });
});
