import { expect, test } from 'vitest';
import { checkSettings, type Evaluation, EvaluationSettings, figuresOf, groupRuns, type PretrainSettings } from '../src/index.js';
import { evaluation, full, row, trained } from './evaluations.js';

test('runs that differ in seed, name and place of the images are one: mean and deviation by hand', () => {
  const groups = groupRuns([
    { settings: trained('nnclr-seed-1', 1), evaluation: evaluation('nnclr-seed-1', 1, [row('raw pixels', 0.1), row('nnclr-seed-1', 0.84)]) },
    { settings: trained('long', 1, { epochs: 9 }), evaluation: evaluation('long', 1, [row('long', 0.9)]) },
    { settings: { ...trained('nnclr-seed-2', 2), data: { ...trained('x', 1).data, root: '/elsewhere' } as PretrainSettings['data'] }, evaluation: evaluation('nnclr-seed-2', 2, [row('nnclr-seed-2', 0.86)]) },
    { settings: trained('nnclr-seed-3', 3), evaluation: evaluation('nnclr-seed-3', 3, [row('nnclr-seed-3', 0.88)]) },
  ]);
  expect(groups.map(({ name, runs, seeds }) => ({ name, runs, seeds }))).toEqual([
    { name: 'nnclr', runs: ['nnclr-seed-1', 'nnclr-seed-2', 'nnclr-seed-3'], seeds: [1, 2, 3] },
    { name: 'long', runs: ['long'], seeds: [1] },
  ]);
  const [knn] = groups[0]!.figures;
  expect(knn).toMatchObject({ key: 'knn.60000', label: 'kNN, 60,000 labels', kind: 'share', better: 'higher' });
  expect(knn!.value).toBeCloseTo(0.86, 12);
  expect(knn!.deviation).toBeCloseTo(0.02, 12); // √((0.02² + 0 + 0.02²) / 2)
  expect(groups[1]!.figures[0]!.deviation).toBeUndefined();
});

test('other data, other probes or the same seed twice make runs of their own', () => {
  const run = (name: string, seed: number, changed: Partial<Evaluation> = {}): Parameters<typeof groupRuns>[0][number] => ({ settings: trained(name, seed), evaluation: { ...evaluation(name, seed, [row(name, 0.8)]), ...changed } });
  const names = (...runs: Parameters<typeof groupRuns>[0]): (readonly string[])[] => groupRuns(runs).map((group) => group.runs);
  expect(names(run('a', 1), run('copy-of-a', 1), run('b', 2))).toEqual([['a', 'b'], ['copy-of-a']]);
  expect(names(run('a', 1), run('b', 2, { data: { train: 'a', test: 'b', fingerprint: 'f2', trainedOn: 't1' } }))).toEqual([['a'], ['b']]);
  expect(names(run('a', 1), run('b', 2, { data: { train: 'a', test: 'b', fingerprint: 'f1', trainedOn: 't2' } }))).toEqual([['a'], ['b']]);
  expect(names(run('a', 1), run('b', 2, { settings: checkSettings('evaluate', EvaluationSettings, { k: 5 }) }))).toEqual([['a'], ['b']]);
});

test('names without a common start are named by their method; figures that one run lacks are left out', () => {
  const [group] = groupRuns([
    { settings: trained('one', 1), evaluation: evaluation('one', 1, [{ ...full, name: 'one' }]) },
    { settings: trained('two', 2), evaluation: evaluation('two', 2, [row('two', 0.8)]) },
  ]);
  expect(group!.name).toBe('nnclr');
  expect(group!.figures.map(({ label }) => label)).toEqual(['kNN, 60,000 labels', 'linear, 60,000 labels', 'kNN, 600 labels', 'linear, 600 labels']);
});

test('figures on other data are named by these', () => {
  const on = { ...evaluation('one', 1, [row('one', 0.8)]), transfer: [{ data: 'mnist', train: 't', test: 'u', changes: [], rows: [row('random weights', 0.1), row('one', 0.7)] }] };
  const [group] = groupRuns([{ settings: trained('one', 1), evaluation: on }]);
  expect(group!.figures.find(({ label }) => label === 'mnist: kNN, 60,000 labels')!.value).toBe(0.7);
});

test('figures come in the order of the probes, each once', () => {
  const labels = figuresOf(full).map(({ label }) => label);
  expect(new Set(labels).size).toBe(labels.length);
  expect(labels).toHaveLength(4 + 2 + 1 + 4 + 1 + 8);
});
