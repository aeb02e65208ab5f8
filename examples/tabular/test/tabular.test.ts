import { random } from '@kindred/core';
import { expect, test } from 'vitest';
import { corruptFeatures } from '../src/corrupt-features.js';
import { diamonds } from '../src/diamonds.js';
import { experiment } from '../src/experiment.js';

test('the table: 53,940 stones of nine features in 22 columns, numbers of mean 0 and deviation 1', async () => {
  const { train, test: rest } = diamonds({ seed: 1 });
  expect([train.size + rest.size, train.features.length, train.width]).toEqual([53_940, 9, 22]);
  const { values, width } = await train.read(Int32Array.from({ length: train.size }, (_, i) => i));
  for (let column = 0; column < 7; column++) {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < train.size; row++) {
      sum += values[row * width + column]!;
      squares += values[row * width + column]! ** 2;
    }
    expect(sum / train.size).toBeCloseTo(0, 3);
    expect(squares / train.size).toBeCloseTo(1, 3);
  }
  expect(Math.min(...train.labels, ...rest.labels)).toBe(0);
});

test('of nine features five are replaced, whole categories among them, by values of the table; the same seed draws the same', async () => {
  const { train } = diamonds({ rows: 500, seed: 1 });
  const views = await corruptFeatures(train, { share: 0.6 });
  const sampleIds = Int32Array.from(random(2).permutation(train.size).subarray(0, 64));
  const batch = await train.read(sampleIds);
  const [plain, corrupted] = views.make(batch, { seed: 3, epoch: 0, sampleIds }).map((view) => view.arraySync());
  const all = await train.read(Int32Array.from({ length: train.size }, (_, i) => i));
  const valuesOf = train.features.map(({ start, width }) => new Set(Array.from({ length: train.size }, (_, row) => all.values.subarray(row * train.width + start, row * train.width + start + width).join())));
  let changed = 0;
  corrupted!.forEach((row, i) => {
    const different = train.features.filter(({ start, width }) => row.slice(start, start + width).join() !== plain![i]!.slice(start, start + width).join());
    expect(different.length).toBeLessThanOrEqual(5);
    changed += different.length;
    train.features.forEach(({ start, width }, feature) => expect(valuesOf[feature]!.has(Float32Array.from(row.slice(start, start + width)).join())).toBe(true));
  });
  // some draws give the value that was there
  expect(changed / corrupted!.length).toBeGreaterThan(4);
  expect(views.make(batch, { seed: 3, epoch: 0, sampleIds })[1]!.arraySync()).toEqual(corrupted);
  expect(views.make(batch, { seed: 3, epoch: 1, sampleIds })[1]!.arraySync()).not.toEqual(corrupted);
});

test('rows of a table train: the loss falls, and everything that is measured is above the most frequent class', async () => {
  const losses: number[] = [];
  const rows = await experiment({ rows: 3000, epochs: 3, seed: 1, onStep: ({ loss }) => void losses.push(loss) });
  expect(losses).toHaveLength(27);
  const mean = (some: number[]): number => some.reduce((sum, loss) => sum + loss, 0) / some.length;
  expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)) - 0.15);
  expect(rows.map(({ name }) => name)).toEqual(['features as they are', 'random weights', 'pre-trained']);
  // the most frequent cut is 40 % of all
  rows.forEach(({ accuracies }) => Object.values(accuracies).forEach((accuracy) => expect(accuracy).toBeGreaterThan(0.4)));
});
