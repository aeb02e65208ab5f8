import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ImageDataset, KindredError } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { checkSettings, type Evaluation, EvaluationSettings, evaluateRun, openLabelled, openRun, pretrainRun, PretrainSettings } from '../src/index.js';
import { planEvaluation } from '../src/evaluate/evaluation-plan.js';
import { settingsOn, stripedImages } from './support.js';

const settingsOf = (given: z.input<typeof EvaluationSettings> = {}): EvaluationSettings => checkSettings('evaluate', EvaluationSettings, { k: 8, fractions: [1, 0.1], ...given });

/** Every probe, small. */
const everything = settingsOf({
  probes: ['knn', 'linear', 'sgd', 'fine-tune', 'retrieval', 'clustering', 'label-free'],
  fractions: [1, 0.5],
  draws: 2,
  sgd: { epochs: 3, batchSize: 16, learningRate: 3 },
  fineTune: [{ fraction: 0.5, protocol: 'simclrTenPercent', epochs: 2, batchSize: 8 }],
  labelFree: { neighbors: 3, images: 16 },
});

let images: string;
let root: string;
let run: string;
let data: { train: ImageDataset; test: ImageDataset };
beforeAll(async () => {
  images = await stripedImages();
  root = mkdtempSync(join(tmpdir(), 'kindred-evaluated-'));
  const trained = checkSettings('striped', PretrainSettings, { ...settingsOn(images), epochs: 2 });
  run = (await pretrainRun(trained, { root })).path;
  data = await openLabelled(trained.data);
}, 60_000);
afterAll(() => {
  for (const folder of [images, root]) rmSync(folder, { recursive: true });
});

describe('evaluateRun', () => {
  test('measures kNN and linear probe unless asked for more, and writes what it returns', async () => {
    const evaluation = await evaluateRun(run, { settings: settingsOf(), baselines: true });
    expect(evaluation).toMatchObject({ run: 'striped', step: 12, seed: 1, data: { train: data.train.name, test: data.test.name } });
    expect(evaluation.transfer).toBeUndefined();
    expect(evaluation.rows.map(({ name }) => name)).toEqual(['raw pixels', 'random weights', 'striped']);
    for (const row of evaluation.rows) {
      expect(Object.keys(row)).toEqual(['name', 'results']);
      expect(row.results.map(({ fraction, labels, draws }) => [fraction, labels, draws])).toEqual([[1, 48, 1], [0.1, 6, 3]]);
      for (const result of row.results) expect(Object.keys(result)).toEqual(['fraction', 'labels', 'draws', 'knn', 'k', 'linear', 'regularization']);
      expect(row.results.map(({ k }) => k)).toEqual([8, 6]); // of six labels no eight can vote
    }
    expect(JSON.parse(readFileSync(join(run, 'evaluation.json'), 'utf8'))).toEqual(evaluation);
  });

  test('measures everything it is asked for, of encoders and, but for what trains, of raw pixels; no tensor is left', async () => {
    const count = memory().numTensors;
    const said: string[] = [];
    const shares = new Map<string, number>();
    const { rows } = await evaluateRun(run, {
      settings: everything, baselines: true, data,
      onProgress: (what) => void said.push(what),
      onShare: (what, done, total) => void shares.set(what, done / total),
    });
    expect(memory().numTensors).toBe(count);
    const [pixels, fresh, striped] = rows;
    expect(Object.keys(pixels!)).toEqual(['name', 'results', 'retrieval', 'clustering', 'labelFree']);
    expect(Object.keys(striped!)).toEqual(['name', 'results', 'retrieval', 'clustering', 'labelFree', 'sgd', 'fineTune']);
    expect(striped!.results.map(({ labels }) => labels)).toEqual([48, 24]);
    for (const { retrieval, clustering, labelFree } of rows) {
      expect(retrieval).toMatchObject({ images: 18 });
      for (const share of [retrieval!['recallAt1']!, retrieval!['recallAt5']!, retrieval!.mapAtR, retrieval!.precisionAtR, clustering!.nmi, labelFree!.neighborPurity!]) {
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThanOrEqual(1 + 1e-9);
      }
      expect(clustering).toMatchObject({ images: 18, classes: 3 });
      expect(labelFree!.images).toBe(16);
      expect(labelFree!.rankMe).toBeGreaterThanOrEqual(1);
    }
    expect(pixels!.labelFree!.dimension).toBe(144);
    expect(pixels!.labelFree!.similarities).toBeUndefined();
    const { positive, negative } = striped!.labelFree!.similarities!;
    expect(positive.counts.reduce((sum, value) => sum + value)).toBe(16);
    expect(negative.counts.reduce((sum, value) => sum + value)).toBe(16 * 15);
    expect(striped!.labelFree!.alignment).toBeCloseTo(2 - 2 * positive.mean, 4); // ‖a − b‖² of unit rows
    expect(striped!.sgd).toMatchObject({ protocol: 'small', labels: 48, last: { epoch: 3, learningRate: 3 } });
    expect(striped!.fineTune).toMatchObject([{ fraction: 0.5, protocol: 'simclrTenPercent', labels: 24, last: { epoch: 2 } }]);
    expect(fresh!.sgd!.best!.heldOutAccuracy).toBeGreaterThanOrEqual(0);
    expect(said).toContain('raw pixels: features');
    expect(said).toContain('striped: kNN and linear probe with 24 labels');
    expect(Object.fromEntries(shares)).toMatchObject({ 'striped: linear probe by SGD': 1, 'random weights: fine-tuning on 50 % of the labels': 1 });
  }, 60_000);

  test('fine-tuning leaves the encoder as it was: the same figures come after it as before', async () => {
    const figures = async (probes: EvaluationSettings['probes']): Promise<Evaluation['rows'][number]> =>
      (await evaluateRun(run, { settings: { ...everything, probes }, data, on: { again: data } })).transfer![0]!.rows[0]!;
    const after = await figures(['knn', 'retrieval', 'fine-tune']);
    const alone = await figures(['knn', 'retrieval']);
    expect({ results: after.results, retrieval: after.retrieval }).toEqual({ results: alone.results, retrieval: alone.retrieval });
  }, 60_000);

  test('evaluates on other data, brought to the shape of its own, and says what was done', async () => {
    const other = { name: 'image-folder', root: images, imageSize: [9, 10] } as const;
    const colours = await openLabelled({ ...other, imageSize: [9, 10], channels: 3, train: 'train', test: 'test', fit: 'cover', maximumUnreadable: 0 });
    const { rows, transfer } = await evaluateRun(run, { settings: settingsOf(), data, on: { colours, again: data } });
    expect(transfer!.map(({ data: name, changes }) => [name, changes])).toEqual([
      ['colours', ['colours to luma', '9x10 resized to 12x12']],
      ['again', []],
    ]);
    expect(transfer![1]!.rows).toEqual(rows);
    expect(transfer![0]!.rows[0]!.results[0]!.labels).toBe(48);
  });

  test('also evaluates the encoder that did best while training', async () => {
    const { rows, step } = await evaluateRun(run, { settings: settingsOf(), data, best: true });
    expect(rows.map(({ name }) => name)).toEqual([expect.stringMatching(/^striped, best of training \(step (0|6|12)\)$/), 'striped']);
    expect(step).toBe(12);
  });

  test('reads the settings of a run once', async () => {
    const opened = await openRun(run);
    const config = join(run, 'config.json');
    renameSync(config, `${config}.away`);
    try {
      expect((await evaluateRun(opened, { settings: settingsOf(), data })).step).toBe(12);
    } finally {
      renameSync(`${config}.away`, config);
    }
  });

  test('a run on images without classes is evaluated on those that have some', async () => {
    const { labels: _labels, ...unlabelled } = data.train;
    const said: string[] = [];
    const { rows, transfer } = await evaluateRun(run, {
      settings: settingsOf(), data: { train: unlabelled, test: data.test }, on: { striped: data }, onProgress: (what) => void said.push(what),
    });
    expect(rows).toEqual([]);
    expect(transfer![0]!.rows).toHaveLength(1);
    expect(said[0]).toBe(`${unlabelled.name} has no labels: striped is evaluated on the other data only`);
  });
});

describe('a plan', () => {
  const without = ({ labels: _labels, ...unlabelled }: ImageDataset): ImageDataset => unlabelled;
  const all = settingsOf({ probes: ['knn', 'linear', 'sgd', 'fine-tune', 'retrieval', 'clustering', 'label-free'], fractions: [1, 0.1, 0.01] });

  test('of enough images is what was asked for, without a note', () => {
    const plenty = settingsOf({ fractions: [1, 0.5], fineTune: [{ fraction: 0.5, protocol: 'simclrTenPercent' }], labelFree: { neighbors: 3 }, probes: all.probes });
    expect(planEvaluation(data, plenty)).toEqual({ settings: plenty, notes: [] });
  });

  test('leaves out what few images cannot show, and says it', () => {
    const { settings, notes } = planEvaluation(data, { ...all, k: 49, retrieval: { recallAt: [1, 18] }, labelFree: { ...all.labelFree, neighbors: 20 } });
    expect(settings).toMatchObject({ probes: all.probes, fractions: [1, 0.1], fineTune: [{ fraction: 0.1 }], retrieval: { recallAt: [1] }, labelFree: { neighbors: 17 } });
    expect(notes.map((note) => note.replaceAll(basename(images), 'images'))).toMatchInlineSnapshot(`
      [
        "kNN and linear probe with 1 % of the labels left out: less than one image a class of images/train, whose largest has 16",
        "fine-tuning with 1 % of the labels left out: less than one image a class of images/train, whose largest has 16",
        "kNN: all 48 images of images/train vote, as there are fewer than k = 49",
        "recall@18 left out: images/test has 18 images",
        "purity of neighbours: of 17, as there are no more",
      ]
    `);
  });

  test('leaves out what needs classes if there are none, one, or others', () => {
    const { train, test } = data;
    const planned = (given: Partial<typeof data>): unknown => {
      const { settings, notes } = planEvaluation({ train, test, ...given }, all);
      return [settings.probes.join(), notes[0]!.replaceAll(basename(images), 'images')];
    };
    expect([
      planned({ train: without(train) }),
      planned({ test: without(test) }),
      planned({ train: { ...train, labels: new Int32Array(48).fill(2) } }),
      planned({ train: { ...train, labels: train.labels!.map((label) => label % 2) } }),
    ]).toMatchInlineSnapshot(`
      [
        [
          "retrieval,clustering,label-free",
          "knn, linear, sgd, fine-tune left out: images/train has no labels",
        ],
        [
          "label-free",
          "knn, linear, sgd, fine-tune left out: images/test has no labels",
        ],
        [
          "retrieval,clustering,label-free",
          "knn, linear, sgd, fine-tune left out: images/train has one class only, down",
        ],
        [
          "retrieval,clustering,label-free",
          "knn, linear, sgd, fine-tune left out: images/test has classes that images/train lacks (down)",
        ],
      ]
    `);
  });

  test('never looks at settings of probes that were not asked for', () => {
    const settings = settingsOf({ probes: ['clustering'], k: 500, fractions: [0.001], retrieval: { recallAt: [900] }, labelFree: { images: 2, neighbors: 50 }, fineTune: [{ fraction: 0.001, protocol: 'simclrOnePercent' }] });
    expect(planEvaluation(data, settings).notes).toEqual([]);
  });
});

test('a folder of few images is evaluated by default, and the file says what was left out', async () => {
  const { rows, notes } = await evaluateRun(run, { settings: checkSettings('evaluate', EvaluationSettings, {}), data });
  expect(rows[0]!.results.map(({ fraction }) => fraction)).toEqual([1]);
  expect(notes!.map((note) => note.replaceAll(basename(images), 'images'))).toEqual(['kNN and linear probe with 1 % of the labels left out: less than one image a class of images/train, whose largest has 16']);
});

test('classes of any number are classes: no table of two thousand million is made', async () => {
  const far = ({ labels, ...rest }: ImageDataset): ImageDataset => ({ ...rest, labels: labels!.map((label) => 1_999_999_999 - label) });
  const { rows: [there] } = await evaluateRun(run, { settings: { ...everything, probes: ['knn', 'linear', 'retrieval', 'clustering', 'sgd'] }, data: { train: far(data.train), test: far(data.test) } });
  const { rows: [here] } = await evaluateRun(run, { settings: { ...everything, probes: ['knn', 'retrieval', 'clustering'] }, data });
  expect([there!.results.map(({ knn }) => knn), there!.retrieval, there!.clustering]).toEqual([here!.results.map(({ knn }) => knn), here!.retrieval, here!.clustering]);
});

describe('before any work, refuses', () => {
  const message = async (changed: Partial<Parameters<typeof evaluateRun>[1]>, path = run): Promise<string> => {
    const before = readFileSync(join(run, 'evaluation.json'), 'utf8');
    const never = (dataset: ImageDataset): ImageDataset => ({ ...dataset, read: () => Promise.reject(new Error('an image was read')) });
    const given = { train: data.train, test: data.test, ...changed.data };
    const error = await evaluateRun(path, { settings: settingsOf(), ...changed, data: { train: never(given.train), test: never(given.test) } }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(readFileSync(join(run, 'evaluation.json'), 'utf8')).toBe(before);
    if (!KindredError.is(error)) throw error ?? new Error('nothing was thrown');
    return `${error.name}: ${error.message}`.replaceAll(basename(images), 'images').replaceAll(path, '<run>');
  };
  const without = ({ labels: _labels, ...unlabelled }: ImageDataset): ImageDataset => unlabelled;

  test('an empty part, and images of which nothing that was asked for can be measured', async () => {
    const { train, test } = data;
    expect(await message({ data: { train, test: { ...test, size: 0 } } })).toMatchInlineSnapshot(`"DataError: images/test: is empty. An evaluation needs training and test images."`);
    expect(await message({ data: { train, test: without(test) } })).toMatchInlineSnapshot(`"DataError: images/train: nothing can be measured. knn, linear left out: images/test has no labels. Evaluate on other images with --on, or ask for other probes: label-free needs no classes."`);
    expect(await message({ data: { train: { ...train, labels: new Int32Array(48).fill(2) }, test } })).toMatchInlineSnapshot(`"DataError: images/train: nothing can be measured. knn, linear left out: images/train has one class only, down. Evaluate on other images with --on, or ask for other probes: label-free needs no classes."`);
    expect(await message({ settings: settingsOf({ fractions: [0.01] }) })).toMatchInlineSnapshot(`"DataError: images/train: nothing can be measured. kNN and linear probe with 1 % of the labels left out: less than one image a class of images/train, whose largest has 16. Evaluate on other images with --on, or ask for other probes: label-free needs no classes."`);
    expect(await message({ data: { train: without(train), test: without(test) }, settings: settingsOf({ probes: ['clustering'] }) })).toMatchInlineSnapshot(`"DataError: images/train: nothing can be measured. clustering left out: images/test has no labels. Evaluate on other images with --on, or ask for other probes: label-free needs no classes."`);
  });

  test('images that are neither grey nor coloured', async () => {
    const four = inMemoryDataset({ name: 'four', images: new Uint8Array(16), labels: Int32Array.of(0, 1), imageShape: [1, 2, 4] });
    expect(await message({ on: { four: { train: four, test: four } } })).toMatchInlineSnapshot(`"ArgumentError: adaptImages.dataset.channels: received 4, expected 1 or 3. Only grey and colours are made of one another."`);
  });

  test('the run of another version, what is no run, and one without a checkpoint', async () => {
    const config = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')) as Record<string, unknown>;
    const folder = mkdtempSync(join(root, 'other-'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, batchSize: undefined, momentumEncoder: true }));
    expect(await message({}, folder)).toMatchInlineSnapshot(`
      "DataError: <run>: is a run of another version of Kindred, or its settings were changed. Use the version that trained it.
      <run>/config.json: has 2 problems
        batchSize        expected number, received nothing
        momentumEncoder  is not a setting."
    `);
    expect(await message({}, root)).toMatchInlineSnapshot(`"DataError: <run>: is not the folder of a run: it has no config.json. Give the folder that pretrain made."`);
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    expect(await message({}, folder)).toMatchInlineSnapshot(`"DataError: <run>/checkpoints: holds no checkpoint. Resume the run until its first checkpoint."`);
    expect(existsSync(join(folder, 'evaluation.json'))).toBe(false);
  });
});

test('settings know every protocol by name', () => {
  expect(() => settingsOf({ sgd: { protocol: 'simclrImagenet' as 'simclr' } })).toThrowErrorMatchingInlineSnapshot(`
    [SettingsError: evaluate: has 1 problem
      sgd.protocol  expected one of "simclr"|"simclrCifar"|"mocoV2"|"byol"|"swav"|"barlowTwins"|"small", received "simclrImagenet"]
  `);
  expect(() => settingsOf({ probes: ['knns' as 'knn'], fineTune: [{ fraction: 0.1 } as never], labelFre: {} } as never)).toThrowErrorMatchingInlineSnapshot(`
    [SettingsError: evaluate: has 3 problems
      probes.0             expected one of "knn"|"linear"|"sgd"|"fine-tune"|"retrieval"|"clustering"|"label-free", received "knns"
      fineTune.0.protocol  expected one of "simclrOnePercent"|"simclrTenPercent"|"swavOnePercent"|"swavTenPercent"|"barlowTwinsOnePercent"|"smallOnePercent"|"smallTenPercent", received nothing
      labelFre             is not a setting. Did you mean labelFree?]
  `);
});
