/**
 * How many candidates a search in a graph needs: recall at 10 and queries a second for several, the similarities of what was found exact, rows in memory.
 * `KINDRED_BENCH_ROWS` says how many rows of 256 (20,000 by default); a million take a quarter of an hour.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nearestRows } from '../src/index.js';
import { buildNeighborGraph, loadUsearch, openNeighborGraph } from '../src/node/neighbor-graph.js';
import { unitRowsOf } from './support/unit-rows.js';

const rows = Number(process.env['KINDRED_BENCH_ROWS'] ?? 20_000);
const [dimension, queries, k] = [256, 300, 10];

export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const source = unitRowsOf(dimension);
  const values = source.draw(rows, 'rows');
  const asked = source.draw(queries, 'queries');
  const query = (i: number): Float32Array => asked.subarray(i * dimension, (i + 1) * dimension);
  const truth = Array.from({ length: queries }, (_, i) => new Set(nearestRows(values, query(i), k).rows));
  const folder = mkdtempSync(join(tmpdir(), 'kindred-candidates-'));
  try {
    const usearch = await loadUsearch();
    const file = join(folder, 'graph');
    await (await buildNeighborGraph(usearch, values, dimension)).save(file);
    const graph = openNeighborGraph(usearch, file, { size: rows, dimension });
    const gathered = new Float32Array(1024 * dimension);
    return [128, 192, 256, 384, 512, 1024].flatMap((candidates) => {
      let found = 0;
      const used = process.cpuUsage();
      for (let i = 0; i < queries; i++) {
        const near = graph.nearest(query(i), candidates);
        near.forEach((row, at) => gathered.set(values.subarray(row * dimension, (row + 1) * dimension), at * dimension));
        for (const at of nearestRows(gathered.subarray(0, near.length * dimension), query(i), k).rows) found += truth[i]!.has(near[at]!) ? 1 : 0;
      }
      const { user, system } = process.cpuUsage(used);
      const name = `${candidates} candidates, ${rows.toLocaleString('en')} rows`;
      return [
        { name: `${name}: recall at ${k}`, value: found / (queries * k), unit: '' },
        { name: `${name}: queries a second of processor time`, value: queries / ((user + system) / 1e6), unit: '/s' },
      ];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
