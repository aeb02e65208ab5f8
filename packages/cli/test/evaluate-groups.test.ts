import { describe, expect, test } from 'vitest';
import { checkSettings, type Evaluation, EvaluationSettings, type EvaluationRow, figuresOf, groupRuns, PretrainSettings } from '@kindred/runs';
import { evaluationTable, evaluationText, groupsTable, measuresTable } from '../src/index.js';
import { settingsOn } from './support.js';

const accuracy = (mean: number, deviation = 0): { mean: number; deviation: number } => ({ mean, deviation });
const row = (name: string, knn: number): EvaluationRow => ({
  name,
  results: [
    { fraction: 1, labels: 60_000, draws: 1, knn: accuracy(knn), k: 20, linear: accuracy(knn + 0.02), regularization: [30] },
    { fraction: 0.01, labels: 600, draws: 3, knn: accuracy(knn - 0.1, 0.012), k: 20, linear: accuracy(knn - 0.05, 0.004), regularization: [3, 3, 10] },
  ],
});
const full: EvaluationRow = {
  ...row('nnclr', 0.85),
  sgd: { protocol: 'simclrCifar', labels: 60_000, last: { epoch: 100, learningRate: 0.1, accuracy: 0.871, heldOutAccuracy: 0.88 }, best: { epoch: 91, learningRate: 0.1, accuracy: 0.869, heldOutAccuracy: 0.884 } },
  fineTune: [{ fraction: 0.01, protocol: 'simclrOnePercent', labels: 600, last: { epoch: 60, learningRate: 0.05, accuracy: 0.8 } }],
  retrieval: { images: 10_000, recallAt1: 0.81, recallAt10: 0.97, mapAtR: 0.35, precisionAtR: 0.47 },
  clustering: { images: 10_000, classes: 10, nmi: 0.52 },
  labelFree: {
    images: 2000, dimension: 256, rankMe: 61.7, participationRatio: 5.18, perDimensionDeviation: 0.42, uniformity: -0.706, neighborPurity: 0.7, alignment: 0.088,
    similarities: { positive: { mean: 0.956, counts: [0, 1] }, negative: { mean: 0.782, counts: [1, 0] } },
  },
};
const evaluation = (run: string, seed: number, rows: readonly EvaluationRow[]): Evaluation => ({
  run, step: 12, seed, data: { train: 'a', test: 'b', fingerprint: 'f1', trainedOn: 't1' }, settings: checkSettings('evaluate', EvaluationSettings, {}), rows,
});
const trained = (name: string, seed: number, changed = {}): PretrainSettings => checkSettings(name, PretrainSettings, { ...settingsOn('/images'), name, seed, ...changed });

describe('groups', () => {
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
});

describe('tables', () => {
  test('kNN and linear probe, a line a kind of features', () => {
    expect(evaluationTable([row('raw pixels', 0.8), row('nnclr', 0.85)])).toMatchInlineSnapshot(`
      "┌─────────────┬────────────────────┬───────────────────────┬─────────────────┬────────────────────┐
      │ accuracy, % │ kNN, 60,000 labels │ linear, 60,000 labels │ kNN, 600 labels │ linear, 600 labels │
      │ raw pixels  │               80.0 │                  82.0 │       70.0 ±1.2 │          75.0 ±0.4 │
      │ nnclr       │               85.0 │                  87.0 │       75.0 ±1.2 │          80.0 ±0.4 │
      └─────────────┴────────────────────┴───────────────────────┴─────────────────┴────────────────────┘"
    `);
    const onlyLinear = row('nnclr', 0.85).results.map(({ fraction, labels, draws, linear }) => ({ fraction, labels, draws, linear: linear! }));
    expect(evaluationTable([{ name: 'nnclr', results: onlyLinear }])).toMatchInlineSnapshot(`
      "┌─────────────┬───────────────────────┬────────────────────┐
      │ accuracy, % │ linear, 60,000 labels │ linear, 600 labels │
      │ nnclr       │                  87.0 │          80.0 ±0.4 │
      └─────────────┴───────────────────────┴────────────────────┘"
    `);
  });

  test('all other figures, a line each', () => {
    expect(measuresTable([{ ...row('raw pixels', 0.8), clustering: full.clustering! }, full])).toMatchInlineSnapshot(`
      "┌──────────────────────────────────────────────────┬────────────┬────────┐
      │                                                  │ raw pixels │  nnclr │
      │ linear by SGD, last epoch, %                     │            │   87.1 │
      │ linear by SGD, best epoch on samples held out, % │            │   86.9 │
      │ fine-tuned, last epoch, 600 labels, %            │            │   80.0 │
      │ recall@1, %                                      │            │   81.0 │
      │ recall@10, %                                     │            │   97.0 │
      │ mAP@R, %                                         │            │   35.0 │
      │ precision@R, %                                   │            │   47.0 │
      │ NMI of k-means, %                                │       52.0 │   52.0 │
      │ neighbour purity, %                              │            │   70.0 │
      │ RankMe                                           │            │   61.7 │
      │ participation ratio                              │            │  5.180 │
      │ deviation of a dimension                         │            │  0.420 │
      │ uniformity                                       │            │ -0.706 │
      │ alignment of views                               │            │  0.088 │
      │ cosine of two views                              │            │  0.956 │
      │ cosine of two samples' views                     │            │  0.782 │
      └──────────────────────────────────────────────────┴────────────┴────────┘"
    `);
    expect(measuresTable([row('nnclr', 0.85)])).toBe('');
  });

  test('other data under a line that says what was done to them', () => {
    const rows = [{ name: 'nnclr', results: [], clustering: full.clustering! }];
    const transfer = [{ data: 'cifar-10', train: 't', test: 'u', changes: ['colours to luma', '32x32 resized to 28x28'], rows }];
    expect(evaluationText({ ...evaluation('nnclr', 1, rows), transfer })).toMatchInlineSnapshot(`
      "┌───────────────────┬───────┐
      │                   │ nnclr │
      │ NMI of k-means, % │  52.0 │
      └───────────────────┴───────┘
      on cifar-10 (colours to luma, 32x32 resized to 28x28)
      ┌───────────────────┬───────┐
      │                   │ nnclr │
      │ NMI of k-means, % │  52.0 │
      └───────────────────┴───────┘"
    `);
  });

  test('several seeds, mean ± deviation', () => {
    const groups = groupRuns([
      { settings: trained('nnclr-1', 1), evaluation: evaluation('nnclr-1', 1, [{ ...full, name: 'nnclr-1' }]) },
      { settings: trained('nnclr-2', 2), evaluation: evaluation('nnclr-2', 2, [{ ...full, ...row('nnclr-2', 0.87), clustering: { ...full.clustering!, nmi: 0.54 } }]) },
      { settings: trained('alone', 7, { epochs: 9 }), evaluation: evaluation('alone', 7, [row('alone', 0.8)]) },
    ]);
    expect(groupsTable(groups)).toMatchInlineSnapshot(`
      "┌──────────────────────────────────────────────────┬────────────────┬───────────────┐
      │                                                  │ nnclr, 2 seeds │ alone, seed 7 │
      │ kNN, 60,000 labels, %                            │      86.0 ±1.4 │          80.0 │
      │ linear, 60,000 labels, %                         │      88.0 ±1.4 │          82.0 │
      │ kNN, 600 labels, %                               │      76.0 ±1.4 │          70.0 │
      │ linear, 600 labels, %                            │      81.0 ±1.4 │          75.0 │
      │ linear by SGD, last epoch, %                     │      87.1 ±0.0 │               │
      │ linear by SGD, best epoch on samples held out, % │      86.9 ±0.0 │               │
      │ fine-tuned, last epoch, 600 labels, %            │      80.0 ±0.0 │               │
      │ recall@1, %                                      │      81.0 ±0.0 │               │
      │ recall@10, %                                     │      97.0 ±0.0 │               │
      │ mAP@R, %                                         │      35.0 ±0.0 │               │
      │ precision@R, %                                   │      47.0 ±0.0 │               │
      │ NMI of k-means, %                                │      53.0 ±1.4 │               │
      │ neighbour purity, %                              │      70.0 ±0.0 │               │
      │ RankMe                                           │      61.7 ±0.0 │               │
      │ participation ratio                              │   5.180 ±0.000 │               │
      │ deviation of a dimension                         │   0.420 ±0.000 │               │
      │ uniformity                                       │  -0.706 ±0.000 │               │
      │ alignment of views                               │   0.088 ±0.000 │               │
      │ cosine of two views                              │   0.956 ±0.000 │               │
      │ cosine of two samples' views                     │   0.782 ±0.000 │               │
      └──────────────────────────────────────────────────┴────────────────┴───────────────┘"
    `);
  });
});

test('figures come in the order of the probes, each once', () => {
  const labels = figuresOf(full).map(({ label }) => label);
  expect(new Set(labels).size).toBe(labels.length);
  expect(labels).toHaveLength(4 + 2 + 1 + 4 + 1 + 8);
});
