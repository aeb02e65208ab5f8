import { expect, test } from 'vitest';
import { type Features, retrieval, type RetrievalOptions, type RetrievalResult } from '../src/index.js';
import golden from './golden/measures.json' with { type: 'json' };
import { leavingNoTensors, onBackends } from './support/backends.js';
import { clusters, features, listed } from './support/rows.js';

const part = ({ values, labels, dimension }: typeof golden.retrieval.queries): Features => ({
  values: Float32Array.from(values),
  labels: Int32Array.from(labels),
  dimension,
});

/** All figures from a sort of all references in float64, by the definitions. */
function byLoops({ queries, references, recallAt, similarity }: RetrievalOptions): RetrievalResult {
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, d) => sum + x * b[d]!, 0);
  const near = (a: readonly number[], b: readonly number[]): number =>
    similarity === 'cosine' ? dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) : -dot(a.map((x, d) => x - b[d]!), a.map((x, d) => x - b[d]!));
  const among = references ?? queries;
  const candidates = listed(among).map((row, index) => ({ row, index, label: among.labels![index]! }));
  const figures = listed(queries).flatMap((query, i) => {
    const hits = candidates
      .filter(({ index }) => references !== undefined || index !== i)
      .map(({ row, label }) => ({ s: near(query, row), hit: label === queries.labels![i] }))
      .sort((a, b) => b.s - a.s)
      .map(({ hit }) => hit);
    const depth = hits.filter(Boolean).length;
    if (depth === 0) return [];
    const precision = (place: number): number => hits.slice(0, place).filter(Boolean).length / place;
    const places = Array.from({ length: depth }, (_, at) => at + 1);
    return [{
      recalls: recallAt.map((place) => Number(hits.slice(0, place).includes(true))),
      map: places.reduce((sum, place) => sum + (hits[place - 1] ? precision(place) : 0), 0) / depth,
      precision: precision(depth),
    }];
  });
  const mean = (of: (figure: (typeof figures)[number]) => number): number => figures.reduce((sum, figure) => sum + of(figure), 0) / figures.length;
  return {
    recallAt: Object.fromEntries(recallAt.map((place, at) => [place, mean(({ recalls }) => recalls[at]!)])),
    mapAtR: mean(({ map }) => map),
    precisionAtR: mean(({ precision }) => precision),
    queries: figures.length,
  };
}

const closely = (result: RetrievalResult): unknown => JSON.parse(JSON.stringify(result), (_, value) => (typeof value === 'number' ? expect.closeTo(value, 12) : value));

onBackends('retrieval', () => {
  test('tells classes apart that lie close together, on both sides of the origin and far from it', async () => {
    const labels = [0, 0, 1, 1, 2, 2, 3, 3];
    const queries = features([-1000, -999.99, -999.9, -999.89, 1000, 1000.01, 1000.1, 1000.11].map((x) => [x]), labels);
    const { recallAt, mapAtR } = await leavingNoTensors(() => retrieval({ queries, recallAt: [1], similarity: 'euclidean' }));
    expect([recallAt['1'], mapAtR]).toEqual([1, 1]);
  });

  test('hits in places 1 and 3 of R = 3 have mAP@R (1 + 2/3) / 3 and precision 2/3', async () => {
    const queries = features([[0]], [1]);
    const references = features([[1], [2], [3], [4], [5]], [1, 0, 1, 0, 1]);
    const found = await leavingNoTensors(() => retrieval({ queries, references, recallAt: [1, 5], similarity: 'euclidean' }));
    expect(found).toEqual({ recallAt: { 1: 1, 5: 1 }, mapAtR: expect.closeTo(5 / 9, 12), precisionAtR: expect.closeTo(2 / 3, 12), queries: 1 });
  });

  test('a hit below place R counts for recall only', async () => {
    const queries = features([[0]], [1]);
    const references = features([[1], [2], [3], [4]], [0, 0, 1, 0]);
    const found = await retrieval({ queries, references, recallAt: [1, 2, 3, 4], similarity: 'euclidean' });
    expect(found).toEqual({ recallAt: { 1: 0, 2: 0, 3: 1, 4: 1 }, mapAtR: 0, precisionAtR: 0, queries: 1 });
  });

  test('a query does not find itself, and one without a reference of its class counts nowhere', async () => {
    // of 0, 1, 5 (class 7) the last finds 3 (class 8) first; class 8 has no other row
    const queries = features([[0], [1], [5], [3.5]], [7, 7, 7, 8]);
    const found = await retrieval({ queries, recallAt: [1], similarity: 'euclidean' });
    expect(found).toEqual(byLoops({ queries, recallAt: [1], similarity: 'euclidean' }));
    expect(found).toMatchObject({ queries: 3, recallAt: { 1: 2 / 3 } });
  });

  test.each(['cosine', 'euclidean'] as const)('equals the definitions in loops, among themselves and across, %s', async (similarity) => {
    const queries = clusters(1, 60, { classes: 6, dimension: 4 });
    const references = clusters(2, 90, { classes: 5, dimension: 4 });
    for (const options of [{ queries }, { queries, references }]) {
      const asked = { ...options, recallAt: [1, 2, 4, 59], similarity };
      expect(await leavingNoTensors(() => retrieval(asked))).toEqual(closely(byLoops(asked)));
    }
  });

  test("is what pytorch-metric-learning's AccuracyCalculator finds", async () => {
    const [queries, references] = [part(golden.retrieval.queries), part(golden.retrieval.references)];
    for (const [kind, others] of [['among', {}], ['across', { references }]] as const) {
      for (const { similarity, ...wanted } of golden.retrieval[kind]) {
        const found = await retrieval({ queries, ...others, recallAt: [1], similarity: similarity as 'cosine' });
        expect(found.queries).toBe(69);
        // in the order of its names; both are means of float64 over the same rankings
        expect([found.mapAtR, found.recallAt['1'], found.precisionAtR]).toEqual(
          [wanted.mean_average_precision_at_r, wanted.precision_at_1, wanted.r_precision].map((value) => expect.closeTo(value, 12)),
        );
      }
    }
  });
});

test('is the same in blocks of rows as at once', async () => {
  // 2²⁴ similarities at a time: blocks of 4,793 and 207 queries
  const queries = clusters(5, 5_000, { dimension: 2, classes: 500 });
  const references = clusters(6, 3_500, { dimension: 2, classes: 500 });
  const progress: number[] = [];
  const options = { references, recallAt: [3], similarity: 'euclidean' } as const;
  const whole = await retrieval({ queries, ...options, onProgress: (done) => void progress.push(done) });
  expect(progress).toEqual([4_793, 5_000]);
  const halves = [0, 1].map((half) => Int32Array.from({ length: 2_500 }, (_, i) => 2 * i + half));
  const parts: RetrievalResult[] = [];
  for (const rows of halves) {
    const labels = rows.map((row) => queries.labels[row]!);
    const values = Float32Array.from([...rows].flatMap((row) => [...queries.values.subarray(2 * row, 2 * row + 2)]));
    parts.push(await retrieval({ queries: { values, dimension: 2, labels }, ...options }));
  }
  const total = parts.reduce((sum, found) => sum + found.queries, 0);
  expect(whole.queries).toBe(total);
  expect(whole.mapAtR).toBeCloseTo(parts.reduce((sum, found) => sum + found.mapAtR * found.queries, 0) / total, 12);
});

test('stops when told, and leaves no tensors', async () => {
  const signal = { aborted: true, reason: new Error('enough') };
  await leavingNoTensors(() => expect(retrieval({ queries: clusters(1, 9), recallAt: [1], similarity: 'cosine', signal })).rejects.toThrow('enough'));
});

test('says what is wrong', async () => {
  const good = clusters(1, 6);
  const message = (change: object): Promise<string> => retrieval({ queries: good, recallAt: [1], similarity: 'cosine', ...change }).then(String, String);
  const values = good.values.slice();
  values[9] = NaN;
  expect(await message({ queries: { ...good, values } })).toMatchInlineSnapshot(`"ArgumentError: retrieval.queries.values: received NaN, expected finite numbers; row 2 has another at dimension 1. The encoder that made them has diverged, or its input was not a number."`);
  expect(await message({ references: { ...good, values } })).toMatchInlineSnapshot(`"ArgumentError: retrieval.references.values: received NaN, expected finite numbers; row 2 has another at dimension 1. The encoder that made them has diverged, or its input was not a number."`);
  expect(await message({ references: clusters(1, 6, { dimension: 3 }) })).toMatchInlineSnapshot(`"ShapeError: retrieval: queries is [6, 4], expected [N, D] = [N, 3] as in references. Take both from the same encoder and layer."`);
  expect(await message({ recallAt: [] })).toMatchInlineSnapshot(`"ArgumentError: retrieval.recallAt: received [], expected whole numbers of 1..5, the references of a query."`);
  expect(await message({ recallAt: [1, 6] })).toMatchInlineSnapshot(`"ArgumentError: retrieval.recallAt: received 6, expected whole numbers of 1..5, the references of a query."`);
  expect(await message({ references: good, recallAt: [7] })).toMatchInlineSnapshot(`"ArgumentError: retrieval.recallAt: received 7, expected whole numbers of 1..6, the references of a query."`);
  expect(await message({ queries: { values: good.values, dimension: 4 } })).toMatchInlineSnapshot(`"ArgumentError: retrieval.queries.labels: received undefined, expected the class of every row. Its dataset has no labels."`);
  expect(await message({ references: { values: good.values, dimension: 4 } })).toMatchInlineSnapshot(`"ArgumentError: retrieval.references.labels: received undefined, expected the class of every row. Its dataset has no labels."`);
  expect(await message({ queries: { ...good, labels: new Int32Array(6) } })).toMatchInlineSnapshot(`"ArgumentError: retrieval.queries.labels: received 0, expected two classes or more; all rows are of this one. The first part of a dataset often holds one class: take a mixed one."`);
  expect(await message({ queries: { ...good, labels: Int32Array.of(0, 1, 2, 3, 4, 5) } })).toMatchInlineSnapshot(`"ArgumentError: retrieval.queries.labels: received [0,1,2,3,4], expected a class of two rows or more."`);
  expect(await message({ queries: { ...good, labels: Int32Array.of(9, 8, 9, 8, 9, 8) }, references: good })).toMatchInlineSnapshot(`"ArgumentError: retrieval.queries.labels: received [9,8], expected a class that references have."`);
});
