import { random } from '@kindred/core';
import { expect, test } from 'vitest';
import { kMeans, type KMeansOptions, normalizedMutualInformation } from '../src/index.js';
import golden from './golden/measures.json' with { type: 'json' };
import { clusters, features, listed } from './support/rows.js';

const settings = { restarts: 10, maximumIterations: 300, seed: 1 };

test('two pairs on a line are two clusters, half a unit from their centres', async () => {
  const rows = features([[0], [1], [10], [11]]);
  const { assignments, inertia, converged } = await kMeans({ features: rows, clusters: 2, similarity: 'euclidean', ...settings });
  expect(normalizedMutualInformation(assignments, [0, 0, 1, 1])).toBeCloseTo(1, 12);
  expect(inertia).toBeCloseTo(1, 12);
  expect(converged).toBe(true);
});

test('finds clusters that lie close together, on both sides of the origin and far from it', async () => {
  const rows = features([-1000, -999.99, -999.9, -999.89, 1000, 1000.01, 1000.1, 1000.11].map((x) => [x]));
  const { assignments } = await kMeans({ features: rows, clusters: 4, similarity: 'euclidean', ...settings });
  expect(normalizedMutualInformation(assignments, [0, 0, 1, 1, 2, 2, 3, 3])).toBeCloseTo(1, 12);
});

test('cosine looks at directions: long and short rows of one direction belong together', async () => {
  const rows = features([[1, 0], [100, 1], [0, 1], [1, 100]]);
  const { assignments } = await kMeans({ features: rows, clusters: 2, similarity: 'cosine', ...settings });
  expect(normalizedMutualInformation(assignments, [0, 0, 1, 1])).toBeCloseTo(1, 12);
});

test.each(golden.kMeans.cases)('$similarity, $clusters clusters: the best of 10 starts is that of scikit-learn', async (wanted) => {
  const { values, labels, dimension } = golden.kMeans.features;
  const similarity = wanted.similarity as KMeansOptions['similarity'];
  const found = await kMeans({ features: { values: Float32Array.from(values), dimension }, clusters: wanted.clusters, similarity, ...settings });
  expect(found.inertia / wanted.inertia).toBeCloseTo(1, 6);
  expect(normalizedMutualInformation(found.assignments, wanted.assignments)).toBeCloseTo(1, 12);
  expect(normalizedMutualInformation(found.assignments, labels)).toBeCloseTo(wanted.nmi, 12);
});

test('rests where no row is nearer to the centre of another cluster, however small the numbers', async () => {
  const rows = clusters(3, 200, { dimension: 3, classes: 4 });
  const small = { ...rows, values: rows.values.map((value) => value * 2 ** -20) };
  for (const given of [rows, small]) {
    const { assignments, inertia, converged } = await kMeans({ features: given, clusters: 4, similarity: 'euclidean', ...settings, restarts: 1 });
    const list = listed(given);
    const centres = [0, 1, 2, 3].map((cluster) => {
      const own = list.filter((_, row) => assignments[row] === cluster);
      return [0, 1, 2].map((d) => own.reduce((sum, row) => sum + row[d]!, 0) / own.length);
    });
    const distance = (row: number[], centre: number[]): number => row.reduce((sum, value, d) => sum + (value - centre[d]!) ** 2, 0);
    list.forEach((row, i) => {
      const distances = centres.map((centre) => distance(row, centre));
      expect(distances.indexOf(Math.min(...distances))).toBe(assignments[i]);
    });
    const total = list.reduce((sum, row, i) => sum + distance(row, centres[assignments[i]!]!), 0);
    expect(inertia / total).toBeCloseTo(1, 9);
    expect(converged).toBe(true);
  }
});

test('one start finds nine far groups of uneven sizes, whatever the seed', async () => {
  // rows drawn evenly would miss a group of 3 among 203 nearly always, and Lloyd's iterations never move a centre that far
  const centre = (group: number): [number, number] => [1_000 * (group % 3), 1_000 * Math.floor(group / 3)];
  const draws = random(4);
  const groups = Array.from({ length: 203 }, (_, i) => (i < 24 ? i % 8 : 8));
  const rows = features(groups.map((group) => centre(group).map((value) => value + draws.normal())));
  for (let seed = 0; seed < 20; seed++) {
    const { assignments } = await kMeans({ features: rows, clusters: 9, similarity: 'euclidean', restarts: 1, maximumIterations: 100, seed });
    expect(normalizedMutualInformation(assignments, groups)).toBeCloseTo(1, 12);
  }
});

test('the same seed gives the same clusters, another seed other ones; more starts are no worse', async () => {
  const rows = clusters(6, 120, { dimension: 6, classes: 8 });
  const run = (change: Partial<KMeansOptions>) => kMeans({ features: rows, clusters: 12, similarity: 'euclidean', ...settings, restarts: 1, ...change });
  const [first, again, other] = [await run({}), await run({}), await run({ seed: 2 })];
  expect(again).toEqual(first);
  expect(other.assignments).not.toEqual(first.assignments);
  const tried = await Promise.all([1, 2, 5].map((restarts) => run({ restarts })));
  expect(tried[1]!.inertia).toBeLessThanOrEqual(tried[0]!.inertia);
  expect(tried[2]!.inertia).toBeLessThan(tried[0]!.inertia);
});

test('tells where it stopped early', async () => {
  const { iterations, converged } = await kMeans({ features: clusters(6, 200, { classes: 8 }), clusters: 8, similarity: 'euclidean', restarts: 1, maximumIterations: 1, seed: 1 });
  expect({ iterations, converged }).toEqual({ iterations: 1, converged: false });
});

test('fewer different rows than clusters leave clusters empty', async () => {
  const rows = features([[1, 2], [1, 2], [3, 4], [3, 4]]);
  const { assignments, inertia } = await kMeans({ features: rows, clusters: 4, similarity: 'euclidean', ...settings });
  expect(inertia).toBe(0);
  expect(normalizedMutualInformation(assignments, [0, 0, 1, 1])).toBeCloseTo(1, 12);
});

test('tells how far it is, and stops when told', async () => {
  const seen: number[][] = [];
  const signal = { aborted: false, reason: new Error('enough') };
  const onProgress = (done: number, total: number): void => {
    seen.push([done, total]);
    signal.aborted = done === 2;
  };
  await expect(kMeans({ features: clusters(1, 20), clusters: 2, similarity: 'cosine', ...settings, onProgress, signal })).rejects.toThrow('enough');
  expect(seen).toEqual([[1, 10], [2, 10]]);
});

test('says what is wrong', async () => {
  const good = clusters(1, 6);
  const message = (change: object): Promise<string> => kMeans({ features: good, clusters: 2, similarity: 'cosine', ...settings, ...change }).then(String, String);
  const values = good.values.slice();
  values[9] = NaN;
  expect(await message({ features: { ...good, values } })).toMatchInlineSnapshot(`"ArgumentError: kMeans.features.values: received NaN, expected finite numbers; row 2 has another at dimension 1. The encoder that made them has diverged, or its input was not a number."`);
  expect(await message({ features: { ...good, values: values.fill(0, 8, 12) } })).toMatchInlineSnapshot(`"ArgumentError: kMeans.features.values: received 0, expected rows that point somewhere; row 2 is all zeros. Use 'euclidean'."`);
  expect(await message({ clusters: 7 })).toMatchInlineSnapshot(`"ArgumentError: kMeans.clusters: received 7, expected a whole number of 1..6, the rows."`);
  expect(await message({ clusters: 0 })).toMatchInlineSnapshot(`"ArgumentError: kMeans.clusters: received 0, expected a whole number of 1..6, the rows."`);
  expect(await message({ restarts: 0 })).toMatchInlineSnapshot(`"ArgumentError: kMeans.restarts: received 0, expected a whole number above 0."`);
  expect(await message({ maximumIterations: 0 })).toMatchInlineSnapshot(`"ArgumentError: kMeans.maximumIterations: received 0, expected a whole number above 0."`);
  expect(await message({ seed: -1 })).toMatchInlineSnapshot(`"ArgumentError: kMeans.seed: received -1, expected a whole number of 0 or more."`);
  expect(await message({ similarity: 'dot' })).toMatchInlineSnapshot(`"ArgumentError: kMeans.similarity: received "dot", expected 'cosine' or 'euclidean'."`);
});
