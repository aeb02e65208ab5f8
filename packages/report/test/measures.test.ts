import { figure } from '@kindred/evaluation';
import { expect, test } from 'vitest';
import { measuresOf } from '../src/measures.js';

test('every figure has its name, whose it is, and the data that it is on if they are others', () => {
  const measures = measuresOf([
    { of: 'raw pixels', figures: [figure('knn', 0.8, { labels: 600 })] },
    { figures: [figure('knn', { mean: 0.9, deviation: 0.02 }, { labels: 600 }), figure('linear', 0.95, { labels: 600 }), figure('labelFree.uniformity', -2)] },
    { on: 'cifar-10', figures: [figure('linear', 0.6, { labels: 500 })] },
  ]);
  expect(measures.map(({ label, of, value, deviation, kind, better }) => [label, of, value, deviation, kind, better])).toEqual([
    ['kNN, 600 labels', 'raw pixels', 0.8, undefined, 'share', 'higher'],
    ['kNN, 600 labels', undefined, 0.9, 0.02, 'share', 'higher'],
    ['Linear, 600 labels', undefined, 0.95, undefined, 'share', 'higher'],
    ['Uniformity', undefined, -2, undefined, 'number', 'lower'],
    ['cifar-10: linear, 500 labels', undefined, 0.6, undefined, 'share', 'higher'],
  ]);
  expect(measuresOf()).toEqual([]);
});
