import { expect, test } from 'vitest';
import { type Figure, figure, type MeasureName } from '../src/index.js';

test('a figure says what it is called, how it is written and which way is better', () => {
  expect(figure('linear', { mean: 0.5, deviation: 0 }, { labels: 60_000 })).toEqual({ key: 'linear.60000', label: 'linear, 60,000 labels', value: 0.5, kind: 'share', better: 'higher' });
  expect(figure('retrieval.recallAt', 1, { at: 10 })).toEqual({ key: 'retrieval.recallAt.10', label: 'recall@10', value: 1, kind: 'share', better: 'higher' });
  expect(figure('labelFree.uniformity', -3.5)).toEqual({ key: 'labelFree.uniformity', label: 'uniformity', value: -3.5, kind: 'number', better: 'lower' });
  expect(figure('labelFree.participationRatio', 12)).not.toHaveProperty('better');
});

test('the deviation of several draws is kept, that of one is left out', () => {
  expect(figure('knn', { mean: 0.7, deviation: 0.01 })).toMatchObject({ value: 0.7, deviation: 0.01 });
  expect(figure('knn', { mean: 0.7, deviation: 0 })).not.toHaveProperty('deviation');
});

test('a figure survives being written to a file', () => {
  const made = figure('fineTune.best', { mean: 0.7, deviation: 0.01 }, { labels: 600 });
  expect(JSON.parse(JSON.stringify(made)) as Figure).toEqual(made);
});

test('says what is wrong', () => {
  expect(() => figure('speed' as MeasureName, 1)).toThrow(/^figure\.measure: received "speed", expected one of knn, linear, /);
  expect(() => figure('toString' as MeasureName, 1)).toThrow('figure.measure');
  expect(() => figure('knn', NaN)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: figure.value: received NaN, expected a finite number for knn.]`);
});
