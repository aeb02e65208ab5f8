/** Runs made up here: curves that fall, three classes of striped pictures, neighbours and views. */
import { random } from '@kindred/core';
import { type Figure, figure } from '@kindred/evaluation';
import sharp from 'sharp';
import type { EmbeddingMap, ImageSheet, MetricRecord, Picture, ReportData, ReportRun } from '../../src/index.js';

/** Classes of the pictures. */
export const classes = ['across', 'down', 'dots'] as const;
const [count, side] = [60, 12];

/** Metrics of a run whose loss falls from 5 to 2, with noise. */
export function metrics(steps: number, seed = 1, diagnostics: readonly string[] = ['neighborPurity']): MetricRecord[] {
  const stream = random(seed).fork('metrics');
  return Array.from({ length: steps }, (_, i) => ({
    step: i + 1,
    epoch: Math.floor((4 * i) / steps),
    loss: 2 + 3 * Math.exp((-4 * i) / steps) + stream.normal(0, 0.1),
    learningRate: 0.1 * (1 - i / steps),
    samplesPerSecond: 800 + stream.normal(0, 30),
    waiting: 0.01 * stream.uniform(),
    diagnostics: Object.fromEntries(diagnostics.map((name) => [name, stream.uniform(0.3, 0.7)])),
  }));
}

/** Settings as a run's `config.json` has them. */
export const settings = (name: string, seed: number, method = 'nnclr'): object => ({
  name,
  seed,
  data: { name: 'striped' },
  views: { crop: { area: [0.6, 1] } },
  method: { name: method, temperature: 0.1 },
  batchSize: 64,
  epochs: 4,
});

/** A sheet of the striped pictures. */
export async function sheet(): Promise<ImageSheet> {
  const columns = 8;
  const rows = Math.ceil(count / columns);
  const bytes = Uint8Array.from({ length: rows * side * columns * side }, (_, at) => {
    const [row, column] = [Math.floor(at / (columns * side)), at % (columns * side)];
    const [y, x, picture] = [row % side, column % side, Math.floor(row / side) * columns + Math.floor(column / side)];
    return [y % 4 < 2, x % 4 < 2, x % 3 === 0 && y % 3 === 0][picture % 3] ? 230 : 30;
  });
  const png = await sharp(bytes, { raw: { width: columns * side, height: rows * side, channels: 1 } }).png().toBuffer();
  return { url: `data:image/png;base64,${png.toString('base64')}`, tile: [side, side], columns, count };
}

/** Three clouds of points, a class each; a neighbour in ten is of another class. */
export function map(seed = 1): EmbeddingMap {
  const stream = random(seed).fork('map');
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  return {
    caption: `UMAP of ${count} test images`,
    sheet: 'striped',
    x: labels.map((label) => 4 * label + stream.normal(0, 0.5)),
    y: labels.map((label) => (label === 1 ? 5 : 0) + stream.normal(0, 0.5)),
    sampleIds: Array.from({ length: count }, (_, i) => 100 + i),
    labels,
    classes,
    neighbors: labels.map((_, i) => Array.from({ length: 10 }, (__, k) => (i + (k === 4 ? 1 : 3 * (k + 1))) % count)),
    chosen: [0, 1, 2],
  };
}

/** The same of images that nobody has named. */
export function mapWithoutClasses(): EmbeddingMap {
  const { caption, sheet: of, x, y, sampleIds, neighbors, chosen } = map();
  return { caption, sheet: of, x, y, sampleIds, neighbors: neighbors!, chosen: chosen! };
}

const picture = (tile: number): Picture => ({ sheet: 'striped', tile, label: `${classes[tile % 3]}, image ${tile}` });

/** A run with all that a page shows. */
export function wholeRun(name: string, seed = 1, method = 'nnclr', steps = 300): ReportRun {
  const stream = random(seed).fork('run');
  return {
    name,
    settings: settings(name, seed, method),
    metrics: metrics(steps, seed),
    monitor: [0, 1, 2, 3, 4].map((epoch) => ({ step: (epoch * steps) / 4, epoch, values: { knn: 0.5 + 0.08 * epoch + 0.01 * seed, uniformity: -0.2 * epoch } })),
    evaluation: [
      { of: 'raw pixels', figures: result(0.7, 0.72) },
      { figures: result(0.84 + 0.01 * seed, 0.86) },
    ],
    environment: { node: '20.0.0', engine: 'TensorFlow 2.21.0', seconds: 95, started: '2026-11-24T11:00:00Z' },
    step: steps,
    map: map(seed),
    positives: {
      shown: [3, steps].map((step) => ({
        step,
        epoch: 0,
        pairs: [0, 1, 2, 3].map((tile) => ({
          sample: picture(tile),
          similarity: stream.uniform(0.4, 0.9),
          ...(tile < 3 && { positive: picture(tile + 3 + (tile === 2 ? 1 : 0)), sameClass: tile !== 2 }),
        })),
      })),
      course: [3, steps].map((step) => ({ step, sameClass: 0.6, random: 0.1, similarity: 0.7 })),
    },
    followed: {
      images: [0, 1, 2].map(picture),
      times: [0, steps / 2, steps].map((step, time) => ({
        step,
        epoch: step === 0 ? 0 : 2 * time - 1,
        knn: 0.5 + 0.16 * time,
        neighbors: [0, 1, 2].map((tile) =>
          [1, 2, 3, 4].map((i) => {
            const other = tile + (i > 2 * time ? i : 3 * i); // more of the class as time goes on
            return { picture: picture(other), similarity: 0.99 - 0.03 * i, sameClass: other % 3 === tile };
          }),
        ),
      })),
    },
    views: [0, 1].map((tile) => ({ original: picture(tile), views: [picture(tile + 6), picture(tile + 9)] })),
    collapse: {
      caption: '60 test images, 8 dimensions',
      deviation: Array.from({ length: 8 }, () => stream.uniform(0.3, 0.9)),
      singularValues: Array.from({ length: 8 }, (_, i) => 10 * 0.6 ** i),
      effectiveRank: 5.2,
      similarities: { positives: bins((cosine) => cosine > 0.8), negatives: bins((cosine) => Math.abs(cosine) < 0.5) },
    },
  };
}

/** A page's data of such runs. */
export const reportOf = async (...runs: ReportRun[]): Promise<ReportData> => ({
  created: '2026-12-01T12:00:00Z',
  version: '0.1.0',
  runs,
  sheets: { striped: await sheet() },
});

const result = (knn: number, linear: number): Figure[] => [figure('knn', { mean: knn, deviation: 0.01 }, { labels: 600 }), figure('linear', linear, { labels: 600 })];

const bins = (within: (cosine: number) => boolean): number[] => Array.from({ length: 40 }, (_, i) => (within(-1 + (2 * (i + 0.5)) / 40) ? 10 : 0));
