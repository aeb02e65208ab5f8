import { expect, test } from 'vitest';
import { outliers } from '../src/index.js';
import golden from './golden/outliers.json' with { type: 'json' };
import { distance, someRows, unitLists } from './support/rows.js';

test('a row that points elsewhere comes first', async () => {
  const features = { values: Float32Array.of(1, 0, 1, 0.1, 0, 1, 1, 0.2), dimension: 2 };
  for (const by of ['distance', 'local'] as const) expect((await outliers({ features, k: 2, by })).order[0]).toBe(2);
});

test('the distance to the k-th neighbour is that of sorted lists', async () => {
  const features = someRows(7, 60);
  const rows = unitLists(features);
  const { scores, order } = await outliers({ features, k: 5, by: 'distance' });
  const wanted = rows.map((row, i) => rows.flatMap((other, j) => (i === j ? [] : [distance(row, other)])).sort((a, b) => a - b)[4]!);
  // within 1e-5: the rows are scaled to length 1 in float32
  wanted.forEach((value, row) => expect(scores[row]).toBeCloseTo(value, 5));
  expect(order[0]).toBe(wanted.indexOf(Math.max(...wanted)));
});

test('local outlier factors are those of scikit-learn', async () => {
  const { values, dimension } = golden;
  for (const { k, factors } of golden.cases) {
    const { scores } = await outliers({ features: { values: Float32Array.from(values), dimension }, k, by: 'local' });
    factors.forEach((factor, row) => expect(scores[row]! / factor).toBeCloseTo(1, 4));
  }
});

test('of more copies than neighbours none is far out', async () => {
  const features = { values: Float32Array.from([...Array(6).fill([3, 4]).flat(), -1, 0]), dimension: 2 };
  const { scores, order } = await outliers({ features, k: 2, by: 'distance' });
  expect([...scores.slice(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(order[0]).toBe(6);
  expect((await outliers({ features, k: 2, by: 'local' })).scores.every(Number.isFinite)).toBe(true);
});

test('says what k may be', async () => {
  await expect(outliers({ features: someRows(1, 5), k: 5, by: 'local' })).rejects.toThrow(/outliers\.k: .*1\.\.4/);
});
