/** Evaluations made up, as runs leave them. */
import { checkSettings, type Evaluation, type EvaluationRow, EvaluationSettings, PretrainSettings } from '../src/index.js';
import { settingsOn } from './support.js';

const accuracy = (mean: number, deviation = 0): { mean: number; deviation: number } => ({ mean, deviation });
export const row = (name: string, knn: number): EvaluationRow => ({
  name,
  results: [
    { fraction: 1, labels: 60_000, draws: 1, knn: accuracy(knn), k: 20, linear: accuracy(knn + 0.02), regularization: [30] },
    { fraction: 0.01, labels: 600, draws: 3, knn: accuracy(knn - 0.1, 0.012), k: 20, linear: accuracy(knn - 0.05, 0.004), regularization: [3, 3, 10] },
  ],
});
export const full: EvaluationRow = {
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
export const evaluation = (run: string, seed: number, rows: readonly EvaluationRow[]): Evaluation => ({
  run, step: 12, seed, data: { train: 'a', test: 'b', fingerprint: 'f1', trainedOn: 't1' }, settings: checkSettings('evaluate', EvaluationSettings, {}), rows,
});
export const trained = (name: string, seed: number, changed = {}): PretrainSettings => checkSettings(name, PretrainSettings, { ...settingsOn('/images'), name, seed, ...changed });
