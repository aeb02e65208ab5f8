/** Vector libraries of npm behind one face, for the measurement alone. Those that are not installed are left out. */
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nearestRows } from '../../src/index.js';
import { openIndex, writeIndex } from '../../src/node.js';

/** An index of a library over rows 0 to N - 1. */
export interface BenchIndex {
  /** Writes it below a folder. */
  save(folder: string): Promise<void>;
  /** The numbers of the rows most similar to a query. */
  search(query: Float32Array, k: number): number[] | Promise<number[]>;
}

/** A library under one of its settings. */
export interface Library {
  readonly name: string;
  /** Builds an index of `[N, D]` rows. */
  build(rows: Float32Array, dimension: number, folder: string): Promise<BenchIndex>;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- libraries that need not be installed have no types
const load = async (name: string): Promise<any> => import(name);

/** The numbers of a graph that all of HNSW's libraries share: neighbours a node, candidates while building, while searching. */
const graph = { connectivity: 16, building: 128, searching: 64 };

const exact: Library = {
  name: 'exact, one thread of JavaScript',
  build: async (rows) => ({ save: async () => undefined, search: (query, k) => [...nearestRows(rows, query, k).rows] }),
};

/** What Kindred makes of the library that was chosen: its candidates from the disk, their similarities exact. */
const kindred: Library = {
  name: 'kindred, approximate',
  async build(values, dimension, folder) {
    const place = join(folder, 'index');
    const count = values.length / dimension;
    const sides = new Int32Array(count);
    await writeIndex(place, { source: { weights: '', encoder: '' }, dimension, values, ids: Array.from({ length: count }, (_, row) => String(row)), heights: sides, widths: sides, errors: [] }, { kind: 'approximate', onProgress: said(count) });
    const index = await openIndex(place);
    return { save: async () => undefined, search: (query, k) => index.search(query, { k }).map(({ row }) => row) };
  },
};

/** A line for each tenth of a graph of 100,000 rows or more, which takes minutes. */
function said(count: number): ((done: number) => void) | undefined {
  if (count < 100_000) return undefined;
  let tenths = 0;
  return (done) => {
    for (; tenths < Math.floor((10 * done) / count); tenths++) process.stderr.write(`  ${10 * (tenths + 1)} % of the graph\n`);
  };
}

const usearch = (quantization: string, searching = graph.searching): Library => ({
  name: `usearch ${quantization}, ${searching} candidates`,
  async build(rows, dimension) {
    const { default: library } = await load('usearch');
    const index = new library.Index({ dimensions: dimension, metric: 'cos', quantization, connectivity: graph.connectivity, expansion_add: graph.building, expansion_search: searching, multi: false });
    const count = rows.length / dimension;
    for (let start = 0; start < count; start += 1024) {
      const keys = BigUint64Array.from({ length: Math.min(1024, count - start) }, (_, i) => BigInt(start + i));
      index.add(keys, rows.subarray(start * dimension, (start + keys.length) * dimension), 0);
    }
    return {
      save: async (folder) => index.save(join(folder, 'usearch')),
      search: (query, k) => Array.from(index.search(query, k, 1).keys as BigUint64Array, Number),
    };
  },
});

const hnswlib: Library = {
  name: `hnswlib-node f32, ${graph.searching} candidates`,
  async build(rows, dimension) {
    const { default: library } = await load('hnswlib-node');
    const index = new library.HierarchicalNSW('cosine', dimension);
    const count = rows.length / dimension;
    index.initIndex(count, graph.connectivity, graph.building, 1);
    for (let row = 0; row < count; row++) index.addPoint(Array.from(rows.subarray(row * dimension, (row + 1) * dimension)), row);
    index.setEf(graph.searching);
    return {
      save: async (folder) => index.writeIndexSync(join(folder, 'hnswlib')),
      search: (query, k) => index.searchKnn(Array.from(query), k).neighbors as number[],
    };
  },
};

const sqliteVec: Library = {
  name: 'sqlite-vec (exact), in better-sqlite3',
  async build(rows, dimension, folder) {
    const [{ default: Database }, { load: extend }] = [await load('better-sqlite3'), await load('sqlite-vec')];
    const database = new Database(join(folder, 'rows.sqlite'));
    extend(database);
    database.exec(`create virtual table rows using vec0(embedding float[${dimension}] distance_metric=cosine)`);
    const insert = database.prepare('insert into rows(rowid, embedding) values (?, ?)');
    database.transaction(() => {
      for (let row = 0; row * dimension < rows.length; row++) insert.run(BigInt(row), rows.subarray(row * dimension, (row + 1) * dimension));
    })();
    const select = database.prepare('select rowid from rows where embedding match ? and k = ?');
    return { save: async () => undefined, search: (query, k) => select.all(query, k).map(({ rowid }: { rowid: number }) => rowid) };
  },
};

const lance: Library = {
  name: 'lancedb HNSW with 8 bits',
  async build(rows, dimension, folder) {
    const { connect, Index } = await load('@lancedb/lancedb');
    const database = await connect(folder);
    const batch = (start: number, end: number): unknown[] =>
      Array.from({ length: end - start }, (_, i) => ({ id: start + i, vector: Array.from(rows.subarray((start + i) * dimension, (start + i + 1) * dimension)) }));
    const count = rows.length / dimension;
    const table = await database.createTable('rows', batch(0, Math.min(10_000, count)));
    for (let start = 10_000; start < count; start += 10_000) await table.add(batch(start, Math.min(start + 10_000, count)));
    await table.createIndex('vector', { config: Index.hnswSq({ distanceType: 'cosine', numPartitions: 1, m: graph.connectivity, efConstruction: graph.building }) });
    return {
      save: async () => undefined,
      search: async (query, k) => (await table.query().nearestTo(query).distanceType('cosine').ef(graph.searching).select(['id', '_distance']).limit(k).toArray()).map(({ id }: { id: number }) => Number(id)),
    };
  },
};

/** All that are measured, with the packages that each needs. */
const all: readonly (readonly [Library, ...string[]])[] = [
  [exact],
  ...['f32', 'bf16', 'f16', 'i8'].map((quantization) => [usearch(quantization), 'usearch'] as const),
  [usearch('bf16', 128), 'usearch'],
  [kindred, 'usearch'],
  [hnswlib, 'hnswlib-node'],
  [sqliteVec, 'sqlite-vec', 'better-sqlite3'],
  [lance, '@lancedb/lancedb'],
];

/** Those that are installed, and the names of those that are not. */
export async function installed(): Promise<{ readonly libraries: Library[]; readonly missing: string[] }> {
  const libraries: Library[] = [];
  const missing = new Set<string>();
  for (const [library, ...needs] of all) {
    const absent = [];
    for (const name of needs) await load(name).catch(() => absent.push(name));
    if (absent.length === 0) libraries.push(library);
    else absent.forEach((name) => missing.add(name));
  }
  return { libraries, missing: [...missing] };
}

/** Bytes of all files below a folder. */
export async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
