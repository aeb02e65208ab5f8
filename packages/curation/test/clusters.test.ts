import { expect, test } from 'vitest';
import { clusters } from '../src/index.js';
import { dot, someRows, unitLists } from './support/rows.js';

test('members are in order of their cosine with the mean of their cluster', async () => {
  const features = someRows(2, 90, 5, 4);
  const { clusters: found, clusterOf } = await clusters({ features, count: 4, seed: 1 });
  const rows = unitLists(features);
  expect(found.flatMap(({ rows: members }) => [...members]).sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
  found.forEach(({ rows: members, similarities }, cluster) => {
    const center = rows[0]!.map((_, d) => [...members].reduce((sum, row) => sum + rows[row]![d]!, 0));
    const cosines = [...members].map((row) => dot(rows[row]!, center) / Math.hypot(...center));
    cosines.forEach((cosine, i) => expect(similarities[i]).toBeCloseTo(cosine, 5));
    expect([...similarities]).toEqual([...similarities].sort((a, b) => b - a));
    members.forEach((row) => expect(clusterOf[row]).toBe(cluster));
  });
  expect(found.map(({ rows: members }) => members.length)).toEqual(found.map(({ rows: members }) => members.length).sort((a, b) => b - a));
});

test('says how many clusters there can be', async () => {
  await expect(clusters({ features: someRows(1, 5), count: 6, seed: 1 })).rejects.toThrow(/clusters\.count: .*1\.\.5/);
});
