import { random } from '@kindred/core';
import { expect, test } from 'vitest';
import { clockOf, curvesOf } from '../src/curves.js';
import type { MetricRecord } from '../src/report-data.js';

const record = (step: number, values: Partial<MetricRecord> = {}): MetricRecord => ({
  step,
  epoch: 0,
  loss: 1,
  learningRate: 0.1,
  samplesPerSecond: 100,
  waiting: 0,
  diagnostics: {},
  ...values,
});
const noise = (steps: number): MetricRecord[] => {
  const stream = random(1);
  return Array.from({ length: steps }, (_, i) => record(i + 1, { loss: stream.normal(5, 1), epoch: Math.floor(i / 1000) }));
};
const curve = (metrics: readonly MetricRecord[], name = 'loss') => curvesOf(metrics).find((each) => each.name === name);

test('500 steps are kept as they are, to five digits', () => {
  const metrics = noise(500);
  const { points, means } = curve(metrics)!;
  expect(points.steps).toEqual(metrics.map(({ step }) => step));
  points.values.forEach((value, i) => expect(Math.abs(value / metrics[i]!.loss - 1)).toBeLessThan(5e-5));
  expect(means).toBeUndefined();
});

test('more are 500 of them: first, last and a lone peak among them', () => {
  const metrics = noise(50_000).map((each) => (each.step === 31_337 ? { ...each, loss: 99 } : each));
  const { points } = curve(metrics)!;
  expect(points.steps).toHaveLength(500);
  expect(points.steps[0]).toBe(1);
  expect(points.steps.at(-1)).toBe(50_000);
  expect(points.values[points.steps.indexOf(31_337)]).toBe(99);
  points.steps.forEach((step, i) => expect(points.values[i]).toBeCloseTo(metrics[step - 1]!.loss, 3));
});

test('the means beside them keep the level, which 500 chosen for their peaks would not', () => {
  const metrics = noise(20_000);
  const { means } = curve(metrics)!;
  const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(average(means!.values)).toBeCloseTo(average(metrics.map(({ loss }) => loss)), 4);
  const [first] = means!.values;
  expect(first).toBeCloseTo(average(metrics.slice(0, 80).map(({ loss }) => loss)), 3);
});

test('what is no number is left out: null of JSON, a diagnostic that comes late', () => {
  const metrics = [record(1, { loss: null as never }), record(2, { diagnostics: { age: 3 } }), record(3)];
  expect(curve(metrics)!.points.steps).toEqual([2, 3]);
  expect(curve(metrics, 'age')!.points).toEqual({ steps: [2], values: [3] });
});

test('monitor and metrics of one name are two curves', () => {
  const curves = curvesOf([record(1, { diagnostics: { rank: 3 } })], [{ step: 0, epoch: 0, values: { rank: 4 } }]);
  expect(curves.filter(({ name }) => name === 'rank').map(({ from, points }) => [from, points.values[0]])).toEqual([['metrics', 3], ['monitor', 4]]);
});

test('a clock tells epochs by the steps of an epoch, and hours by the pace of every step', () => {
  const metrics = Array.from({ length: 40 }, (_, i) => record(i + 1, { epoch: Math.floor(i / 10), samplesPerSecond: i < 20 ? 50 : 100 }));
  const clock = clockOf(metrics, 100);
  const at = (step: number): number => clock.steps.indexOf(step);
  expect([10, 25, 40].map((step) => clock.epochs[at(step)])).toEqual([1, 2.5, 4]);
  expect(clock.hours![at(20)]! * 3600).toBeCloseTo(40, 2);
  expect(clock.hours![at(40)]! * 3600).toBeCloseTo(60, 2);
  expect(clockOf(metrics, undefined).hours).toBeUndefined();
  expect(clockOf([], 100)).toEqual({ steps: [], epochs: [] });
});

test('a run that was stopped within its first epoch has it done as far as it came', () => {
  expect(clockOf([record(1), record(2)], 10).epochs).toEqual([0, 0.5, 1]);
});

test('a clock has some hundred marks for any number of steps', () => {
  const { steps } = clockOf(noise(12_345), 10);
  expect(steps.length).toBeLessThan(103);
  expect(steps.at(-1)).toBe(12_345);
});
