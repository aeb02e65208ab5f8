import { expect, test } from 'vitest';
import { groupRuns } from '@kindred/runs';
import { evaluationTable, evaluationText, groupsTable, measuresTable } from '../src/index.js';
import { evaluation, full, row, trained } from './support.js';

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
