/**
 * Vector libraries of npm against exact search: recall at 10, queries a second, what building costs, size on disk.
 *
 * Libraries that are not installed are left out: `npm install --no-save hnswlib-node sqlite-vec better-sqlite3 @lancedb/lancedb apache-arrow`
 * adds them. `KINDRED_BENCH_ROWS` says how many rows of 256 (20,000 by default), `KINDRED_BENCH_LIBRARIES` which libraries, by how
 * their names begin, with `;` between. A million rows, some 5 GB and a quarter of an hour:
 *
 *     KINDRED_BENCH_ROWS=1000000 KINDRED_BENCH_LIBRARIES='exact;kindred' npm run bench gallery/vector
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nearestRows } from '../src/index.js';
import { bytesBelow, installed } from './support/libraries.js';
import { unitRowsOf } from './support/unit-rows.js';

const rows = Number(process.env['KINDRED_BENCH_ROWS'] ?? 20_000);
const [dimension, queries, k] = [256, 300, 10];

export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const source = unitRowsOf(dimension);
  const values = source.draw(rows, 'rows');
  const asked = source.draw(queries, 'queries');
  const query = (i: number): Float32Array => asked.subarray(i * dimension, (i + 1) * dimension);
  const truth = Array.from({ length: queries }, (_, i) => new Set(nearestRows(values, query(i), k).rows));
  const { libraries, missing } = await installed();
  if (missing.length > 0) console.log(`  not installed: ${missing.join(', ')}`);
  const results: { name: string; value: number; unit: string }[] = [];
  for (const library of libraries.filter(({ name }) => (process.env['KINDRED_BENCH_LIBRARIES'] ?? '').split(';').some((part) => name.startsWith(part)))) {
    const folder = mkdtempSync(join(tmpdir(), 'kindred-vectors-'));
    try {
      const report = (what: string, value: number, unit: string): number => results.push({ name: `${library.name}, ${rows.toLocaleString('en')} rows: ${what}`, value, unit });
      const building = clocks();
      const index = await library.build(values, dimension, folder);
      const built = building();
      report('build', built.clock, 's');
      report('build, processor time', built.processor, 's');
      await index.save(folder);
      report('on disk', (await bytesBelow(folder)) / 1e6, 'MB');
      for (let i = 0; i < 20; i++) await index.search(query(i), k);
      const searching = clocks();
      let found = 0;
      for (let i = 0; i < queries; i++) for (const row of await index.search(query(i), k)) found += truth[i]!.has(row) ? 1 : 0;
      const searched = searching();
      report(`recall at ${k}`, found / (queries * k), '');
      report('queries a second', queries / searched.clock, '/s');
      report('queries a second of processor time', queries / searched.processor, '/s');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return results;
}

/** Starts both clocks; what it returns reads them, in seconds. */
function clocks(): () => { readonly clock: number; readonly processor: number } {
  const [begin, used] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(used);
    return { clock: (performance.now() - begin) / 1000, processor: (user + system) / 1e6 };
  };
}
