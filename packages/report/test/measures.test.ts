import { expect, test } from 'vitest';
import { measuresOf } from '../src/measures.js';

const evaluation = {
  run: 'mine',
  step: 900,
  data: { train: 'a', test: 'b' },
  settings: { k: 20, temperature: 0.1 },
  rows: [
    { name: 'raw pixels', results: [{ fraction: 1, labels: 60000, draws: 1, knn: { mean: 0.8, deviation: 0 }, linear: { mean: 0.85, deviation: 0 }, regularization: [10] }] },
    {
      name: 'mine',
      results: [
        { fraction: 1, labels: 60000, draws: 1, knn: { mean: 0.9, deviation: 0 }, linear: { mean: 0.95, deviation: 0 }, regularization: [10] },
        { fraction: 0.01, labels: 600, draws: 3, knn: { mean: 0.7, deviation: 0.02 }, linear: { mean: 0.75, deviation: 0.01 }, regularization: [10, 30, 10] },
      ],
    },
  ],
};

test('every figure has its name, its labels and whose it is; settings are no figures', () => {
  expect(measuresOf(evaluation, 'mine')).toEqual([
    { label: 'kNN, 60,000 labels', of: 'raw pixels', value: 0.8, share: true },
    { label: 'Linear, 60,000 labels', of: 'raw pixels', value: 0.85, share: true },
    { label: 'kNN, 60,000 labels', of: 'mine', value: 0.9, share: true },
    { label: 'Linear, 60,000 labels', of: 'mine', value: 0.95, share: true },
    { label: 'kNN, 600 labels', of: 'mine', value: 0.7, deviation: 0.02, share: true },
    { label: 'Linear, 600 labels', of: 'mine', value: 0.75, deviation: 0.01, share: true },
  ]);
});

test('figures that nobody has told it of are there too', () => {
  const more = { ...evaluation, rows: [], labelFree: { effectiveRank: 41.5, alignment: 0.2 }, transfer: [{ data: 'cifar-10', linear: 0.6 }], fineTune: { accuracy: { mean: 0.9, deviation: 0.01 } } };
  expect(measuresOf(more, 'mine')).toEqual([
    { label: 'Label free effective rank', of: 'mine', value: 41.5, share: false },
    { label: 'Label free alignment', of: 'mine', value: 0.2, share: false },
    { label: 'Transfer linear, cifar-10', of: 'mine', value: 0.6, share: true },
    { label: 'Fine tune accuracy', of: 'mine', value: 0.9, share: true, deviation: 0.01 },
  ]);
});

test('anything that is no evaluation has no figures', () => {
  for (const value of [undefined, null, 3, 'text', [], [1, 2], { rows: 'none' }, { rows: [null, 3] }]) expect(measuresOf(value, 'mine')).toEqual([]);
});
