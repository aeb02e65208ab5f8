import { random } from '@kindred/core';
import { expect, test } from 'vitest';
import { type Features, neighborPurity, type Similarity } from '../src/index.js';
import { otherNeighborBlocks } from '../src/other-neighbors.js';
import { leavingNoTensors, onBackends } from './support/backends.js';
import { clusters, features, listed } from './support/rows.js';

/** The k nearest other rows, as a sort of all in float64. */
function othersByLoops(rows: Features, k: number, similarity: Similarity): number[][] {
  const list = listed(rows);
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, d) => sum + x * b[d]!, 0);
  const near = (a: readonly number[], b: readonly number[]): number =>
    similarity === 'cosine' ? dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) : -dot(a.map((x, d) => x - b[d]!), a.map((x, d) => x - b[d]!));
  return list.map((row, i) =>
    list.flatMap((other, j) => (i === j ? [] : [{ j, s: near(row, other) }])).sort((a, b) => b.s - a.s).slice(0, k).map(({ j }) => j),
  );
}

onBackends('neighborPurity', () => {
  test('tells rows apart that lie close together, on both sides of the origin and far from it', async () => {
    const rows = features([-1000, -999.99, -999.9, -999.89, 1000, 1000.01, 1000.1, 1000.11].map((x) => [x]), [0, 0, 1, 1, 0, 0, 1, 1]);
    expect((await neighborPurity({ features: rows, k: 1, similarity: 'euclidean' })).purity).toBe(1);
  });

  test('counts the neighbours of one class, without the row itself', async () => {
    // 0 and 1 have one another; 2 (class 1) is nearest to 1, then to 3
    const rows = features([[0], [1], [3], [6]], [0, 0, 1, 1]);
    expect(await neighborPurity({ features: rows, k: 1, similarity: 'euclidean' })).toEqual({ purity: 3 / 4, chance: 1 / 3 });
    expect(await neighborPurity({ features: rows, k: 3, similarity: 'euclidean' })).toEqual({ purity: 1 / 3, chance: 1 / 3 });
  });

  test.each(['cosine', 'euclidean'] as const)('equals a sort of all other rows, %s', async (similarity) => {
    const rows = clusters(4, 80, { classes: 3, dimension: 5 });
    const others = othersByLoops(rows, 7, similarity);
    const same = others.flatMap((list, row) => list.filter((other) => rows.labels[other] === rows.labels[row])).length;
    const { purity, chance } = await leavingNoTensors(() => neighborPurity({ features: rows, k: 7, similarity }));
    expect(purity).toBeCloseTo(same / (80 * 7), 12);
    expect(purity).toBeGreaterThan(chance + 0.1);
    expect(purity).toBeLessThan(1);
  });

  test('among more equal rows than neighbours a row is none of its own all the same', async () => {
    const rows = features([...Array.from({ length: 6 }, () => [1, 1]), [-1, 0]], [0, 1, 0, 1, 0, 1, 1]);
    for await (const { indices } of otherNeighborBlocks({ features: rows, k: 2, similarity: 'cosine' })) {
      // of equally near rows the first, also where the search did not come to the row itself
      expect([...indices]).toEqual([1, 2, 0, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    }
  });
});

test('of pairs it is 1, in more than one block of rows', async () => {
  // 2²⁴ similarities at a time: blocks of 3,728 and 772 rows; pairs are 0.01 apart, strangers 0.3 and more
  const draws = random(2);
  const rows = Array.from({ length: 2_250 }, () => Array.from({ length: 8 }, () => draws.normal()));
  const pairs = features(rows.flatMap((row) => [row, row.map((value) => value + 0.003 * draws.normal())]), rows.flatMap((_, pair) => [pair, pair]));
  const options = { features: pairs, k: 1, similarity: 'cosine' } as const;
  const seen: number[] = [];
  for await (const { start, count, indices } of otherNeighborBlocks(options)) {
    seen.push(start, count);
    for (let row = 0; row < count; row++) expect(indices[row]).toBe((start + row) ^ 1);
  }
  expect(seen).toEqual([0, 3_728, 3_728, 772]);
  const { purity } = await neighborPurity(options);
  expect(purity).toBe(1);
});

test('of labels that say nothing it is chance', async () => {
  const draws = random(8);
  const rows = clusters(4, 600);
  const labels = Int32Array.from({ length: 600 }, () => (draws.chance(0.8) ? 0 : 1));
  const { purity, chance } = await neighborPurity({ features: { ...rows, labels }, k: 10, similarity: 'cosine' });
  expect(chance).toBeCloseTo(0.68, 1);
  // about 0.01 of deviation: 600 rows, whose neighbourhoods overlap
  expect(Math.abs(purity - chance)).toBeLessThan(0.04);
});

test('says what is wrong', async () => {
  const good = clusters(1, 6);
  const message = (change: object): Promise<string> => neighborPurity({ features: good, k: 2, similarity: 'cosine', ...change }).then(String, String);
  const values = good.values.slice();
  values[9] = Infinity;
  expect(await message({ k: 6 })).toMatchInlineSnapshot(`"ArgumentError: neighborPurity.k: received 6, expected a whole number of 1..5, the other rows."`);
  expect(await message({ k: 1.5 })).toMatchInlineSnapshot(`"ArgumentError: neighborPurity.k: received 1.5, expected a whole number of 1..5, the other rows."`);
  expect(await message({ similarity: 'dot' })).toMatchInlineSnapshot(`"ArgumentError: neighborPurity.similarity: received "dot", expected 'cosine' or 'euclidean'."`);
  expect(await message({ features: { ...good, values } })).toMatchInlineSnapshot(`"ArgumentError: neighborPurity.features.values: received Infinity, expected finite numbers; row 2 has another at dimension 1. The encoder that made them has diverged, or its input was not a number."`);
  expect(await message({ features: features([[1, 2]], [0]), k: 1 })).toMatchInlineSnapshot(`"ArgumentError: neighborPurity.features: received 1, expected two rows or more."`);
  expect(await message({ features: { values: good.values, dimension: 4 } })).toMatchInlineSnapshot(`"ArgumentError: neighborPurity.features.labels: received undefined, expected the class of every row. Its dataset has no labels."`);
  expect(await message({ features: { ...good, labels: new Int32Array(6) } })).toMatchInlineSnapshot(`"ArgumentError: neighborPurity.features.labels: received 0, expected two classes or more; all rows are of this one. The first part of a dataset often holds one class: take a mixed one."`);
});
