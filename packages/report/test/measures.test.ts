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

test('the probes that train, search and look at the embeddings have names of their own; those on other data tell which', () => {
  const row = {
    name: 'mine',
    results: [],
    sgd: { protocol: 'p', labels: 60000, last: { epoch: 9, accuracy: 0.9 }, best: { epoch: 7, accuracy: 0.91, heldOutAccuracy: 0.92 } },
    fineTune: [{ fraction: 0.01, protocol: 'p', labels: 600, last: { epoch: 9, accuracy: 0.8 } }],
    retrieval: { images: 900, recallAt1: 0.7, recallAt10: 0.9, mapAtR: 0.4, precisionAtR: 0.5 },
    clustering: { images: 900, classes: 10, nmi: 0.6 },
    labelFree: { images: 900, dimension: 64, rankMe: 41.5, uniformity: -2, alignment: 0.2, similarities: { positive: { mean: 0.9, counts: [1] }, negative: { mean: 0.1, counts: [2] } } },
  };
  const transfer = [{ data: 'cifar-10', train: 'a', test: 'b', changes: ['made grey'], rows: [{ name: 'mine', results: [{ labels: 500, linear: { mean: 0.6, deviation: 0 } }] }] }];
  const shown = (of: ReturnType<typeof measuresOf>): string[] => of.map(({ label, value, share }) => `${label}: ${share ? `${100 * value} %` : value}`);
  expect(shown(measuresOf({ ...evaluation, rows: [row], transfer }, 'mine'))).toMatchInlineSnapshot(`
    [
      "Linear by SGD, last epoch: 90 %",
      "Linear by SGD, best epoch by images set aside: 91 %",
      "Linear by SGD, best epoch, images set aside: 92 %",
      "Fine-tuned, last epoch, 600 labels: 80 %",
      "Recall@1: 70 %",
      "Recall@10: 90 %",
      "mAP@R: 40 %",
      "Precision@R: 50 %",
      "NMI of k-means: 60 %",
      "RankMe: 41.5",
      "Uniformity: -2",
      "Alignment of views: 0.2",
      "Cosine of two views: 0.9",
      "Cosine of two images' views: 0.1",
      "Linear, cifar-10, 500 labels: 60 %",
    ]
  `);
});

test('figures that nobody has told it of are there too', () => {
  const more = { ...evaluation, rows: [], newProbe: { topScore: 41.5, accuracy: { mean: 0.9, deviation: 0.01 } }, other: [{ data: 'cifar-10', linear: 0.6 }] };
  expect(measuresOf(more, 'mine')).toEqual([
    { label: 'New probe top score', of: 'mine', value: 41.5, share: false },
    { label: 'New probe accuracy', of: 'mine', value: 0.9, share: true, deviation: 0.01 },
    { label: 'Other linear, cifar-10', of: 'mine', value: 0.6, share: true },
  ]);
});

test('anything that is no evaluation has no figures', () => {
  for (const value of [undefined, null, 3, 'text', [], [1, 2], { rows: 'none' }, { rows: [null, 3] }]) expect(measuresOf(value, 'mine')).toEqual([]);
});
