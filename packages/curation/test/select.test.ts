import { random } from '@kindred/core';
import { linearProbe, selectFeatures } from '@kindred/evaluation';
import { expect, test } from 'vitest';
import { selectDiverse, selectTypical, selectUncertain } from '../src/index.js';
import { distance, someRows, unitLists } from './support/rows.js';

test('farthest: each row is the one farthest from all before it, by loops in float64', async () => {
  const features = someRows(11, 80);
  const rows = unitLists(features);
  const { rows: found, distances } = await selectDiverse({ features, count: 12, by: 'farthest', seed: 3 });
  for (let i = 1; i < found.length; i++) {
    const gaps = rows.map((row) => Math.min(...[...found.slice(0, i)].map((chosen) => distance(row, rows[chosen]!))));
    expect(distances[i]).toBeCloseTo(Math.max(...gaps), 5);
    expect(gaps[found[i]!]).toBeCloseTo(Math.max(...gaps), 5);
  }
  expect(new Set(found).size).toBe(12);
});

test('no row is farther than twice what the best choice of three could do', async () => {
  const features = someRows(4, 14, 3);
  const rows = unitLists(features);
  const radius = (chosen: readonly number[]): number => Math.max(...rows.map((row) => Math.min(...chosen.map((at) => distance(row, rows[at]!)))));
  let best = Infinity;
  for (let a = 0; a < 14; a++) for (let b = a + 1; b < 14; b++) for (let c = b + 1; c < 14; c++) best = Math.min(best, radius([a, b, c]));
  for (let seed = 0; seed < 10; seed++) {
    const { rows: found } = await selectDiverse({ features, count: 3, by: 'farthest', seed });
    expect(radius([...found])).toBeLessThanOrEqual(2 * best + 1e-6);
  }
});

test('k-means++ draws by the squared distance: 1,000 draws of a second row', async () => {
  // distances² to row 0: 2 and 4, so a third and two thirds
  const features = { values: Float32Array.of(1, 0, 0, 1, -1, 0), dimension: 2 };
  let far = 0;
  for (let seed = 0; seed < 1000; seed++) far += Number((await selectDiverse({ features, count: 1, by: 'k-means++', chosen: [0], seed })).rows[0] === 2);
  // within 5 deviations of √(1000 · 2/9) = 15
  expect(Math.abs(far - 667)).toBeLessThan(75);
});

test('keeps away from what is chosen already, gives every row once, and the same for the same seed', async () => {
  const features = someRows(6, 30);
  for (const by of ['farthest', 'k-means++'] as const) {
    const options = { features, count: 27, by, chosen: [4, 5, 5, 6], seed: 8 };
    const { rows } = await selectDiverse(options);
    expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i).filter((i) => i < 4 || i > 6));
    expect((await selectDiverse(options)).rows).toEqual(rows);
  }
  await expect(selectDiverse({ features, count: 28, by: 'farthest', chosen: [4, 5, 6], seed: 8 })).rejects.toThrow(/1\.\.27/);
  const same = { values: new Float32Array(8).fill(1), dimension: 2 };
  expect([...(await selectDiverse({ features: same, count: 4, by: 'k-means++', seed: 1 })).rows].sort()).toEqual([0, 1, 2, 3]);
});

test('typical: each cluster gives the row with the least mean distance to its neighbours', async () => {
  const draws = random(3);
  // three tight groups of 20 around axes: by loops, the densest row of each group
  const values = Float32Array.from({ length: 60 * 3 }, (_, i) => Number(i % 3 === Math.floor(i / 3) % 3) + 0.1 * draws.normal());
  const features = { values, dimension: 3 };
  const rows = unitLists(features);
  const { rows: found, typicality } = await selectTypical({ features, count: 3, k: 5, seed: 1 });
  const wanted = rows.map((row) => 5 / rows.map((other) => distance(row, other)).sort((a, b) => a - b).slice(1, 6).reduce((a, b) => a + b));
  const best = [0, 1, 2].map((group) => rows.map((_, i) => i).filter((i) => i % 3 === group).reduce((a, b) => (wanted[b]! > wanted[a]! ? b : a)));
  expect([...found].sort((a, b) => a - b)).toEqual(best.sort((a, b) => a - b));
  found.forEach((row, i) => expect(typicality[i]! / wanted[row]!).toBeCloseTo(1, 4));
});

test('typical: all rows are had once if all are wanted', async () => {
  const features = someRows(2, 25);
  const { rows } = await selectTypical({ features, count: 25, clusters: 4, seed: 1 });
  expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i));
});

test('uncertain: of two classes on a line the rows nearest to the middle, never one with a label', async () => {
  const features = { values: Float32Array.of(-2, -1, 0.01, 1, 2, -0.3, 3, 0.4), dimension: 1 };
  const labels = Int32Array.of(0, 0, -1, 1, 1, -1, -1, -1);
  for (const by of ['margin', 'entropy'] as const) {
    const { rows, uncertainty, predictions } = await selectUncertain({ features, labels, count: 4, by });
    expect([...rows]).toEqual([2, 5, 7, 6]);
    expect(uncertainty[0]).toBeGreaterThan(0.95);
    expect(uncertainty.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect([...predictions].filter((_, i) => i !== 2)).toEqual([0, 0, 1, 1, 0, 1, 1]);
  }
});

test('uncertain: margin and entropy are those of the softmax of the fitted layer, by loops', async () => {
  const features = someRows(9, 40, 3);
  const labels = Int32Array.from({ length: 40 }, (_, i) => (i < 15 ? 2 * (i % 3) : -1)); // classes 0, 2 and 4
  const train = selectFeatures({ ...features, labels }, Array.from({ length: 15 }, (_, i) => i));
  const fit = await linearProbe({ train, test: train, regularization: 1, standardize: true, maximumIterations: 200, tolerance: 1e-4, seed: 0 });
  const shares = Array.from({ length: 40 }, (_, row) => {
    const powers = [0, 1, 2].map((c) => Math.exp(fit.bias[c]! + [0, 1, 2].reduce((sum, d) => sum + features.values[row * 3 + d]! * fit.weights[d * 3 + c]!, 0)));
    return powers.map((power) => power / (powers[0]! + powers[1]! + powers[2]!));
  });
  const wanted = {
    margin: shares.map((p) => [...p].sort((a, b) => b - a)).map(([first, second]) => 1 - first! + second!),
    entropy: shares.map((p) => p.reduce((sum, share) => sum - share * Math.log2(share), 0) / Math.log2(3)),
  };
  for (const by of ['margin', 'entropy'] as const) {
    const found = await selectUncertain({ features, labels, count: 25, by });
    wanted[by].forEach((value, row) => expect(found.uncertainties[row]).toBeCloseTo(value, 4));
    expect([...found.predictions]).toEqual(shares.map((p) => 2 * p.indexOf(Math.max(...p))));
    expect([...found.rows].sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i + 15));
  }
});

test('uncertain: says what is missing', async () => {
  const features = someRows(1, 5);
  await expect(selectUncertain({ features, labels: new Int32Array(5).fill(-1), count: 1, by: 'margin' })).rejects.toThrow(/Label a few images of each class/);
  await expect(selectUncertain({ features, labels: Int32Array.of(1, 1, -1, -1, -1), count: 1, by: 'margin' })).rejects.toThrow(/two classes or more/);
});
