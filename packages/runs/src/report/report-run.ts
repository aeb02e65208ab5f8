/** All that a report shows of one run, gathered from its folder. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { disposeNetwork } from '@kindred/backbones';
import { DataError, type ImageDataset, KindredError, type SettingsError } from '@kindred/core';
import { subset } from '@kindred/datasets';
import { embed, type Features } from '@kindred/evaluation';
import type { FigureRow, ImageSheet, ReportRun } from '@kindred/report';
import { listCheckpoints, readIdentity, readMetrics, readStepLog } from '@kindred/training/node';
import type { Evaluation } from '../evaluate/evaluate-run.js';
import { figuresOf } from '../evaluate/figures-of.js';
import { evenly, someLabelled } from '../some-images.js';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import { loadRun, readRunSettings } from '../run/load-run.js';
import { encoderInputOf, inputFor } from '../run/encoder-input.js';
import { collapseOf } from './report-collapse.js';
import { followedOf } from './report-followed.js';
import { mapOf } from './report-map.js';
import { positivesOf } from './report-positives.js';
import { pictures, sheetOf } from './report-sheets.js';
import { viewPairs, viewSamples } from './report-views.js';
import type { MonitorLine, NeighborsLine } from '../run/run-notes.js';

/** What a run folder holds as text, read and checked. */
export interface RunRecord {
  readonly path: string;
  readonly settings: PretrainSettings;
  /** Everything except what needs images. */
  readonly run: ReportRun;
  readonly neighbors: readonly NeighborsLine[];
  readonly monitor: readonly MonitorLine[];
  /** Whether there are weights to embed with. */
  readonly trained: boolean;
  /** When the run started, in seconds since 1970. */
  readonly started: number;
}

/** Training images of which two views are compared. */
const pairs = 512;

/** Images of a run's data. */
export interface RunImages {
  readonly train: ImageDataset;
  /** Undefined if there are none, and then the reason: training images are shown instead. */
  readonly test: ImageDataset | { readonly missing: string };
}

/** Reads the texts of a run folder. @throws DataError if it is not a run, has another version, or has nothing to show yet. */
export async function readRun(path: string, version: string): Promise<RunRecord> {
  const environment = await readJson(join(path, 'environment.json'));
  const settings = await readSettings(path, environment, version);
  const lines = async <T extends { readonly step: number }>(name: string): Promise<T[]> =>
    existsSync(join(path, name)) ? readStepLog<T>(join(path, name)) : [];
  const metrics = existsSync(join(path, 'metrics.jsonl')) ? await readMetrics(path) : [];
  const monitor = await lines<MonitorLine>('monitor.jsonl');
  const trained = (await listCheckpoints(join(path, 'checkpoints'))).length > 0;
  if (metrics.length === 0 && !trained) throw new DataError(path, 'has neither metrics nor a checkpoint: the run has not made a step.', 'Go on with: kindred pretrain --resume.');
  const evaluation = figureRows(path, await readJson(join(path, 'evaluation.json')));
  const identity = await readIdentity(join(path, 'run.json'));
  const begun = Date.parse((environment as { started?: string } | undefined)?.started ?? '');
  return {
    path,
    settings,
    neighbors: await lines<NeighborsLine>('neighbors.jsonl'),
    monitor,
    trained,
    started: (Number.isNaN(begun) ? (await stat(join(path, 'config.json'))).mtimeMs : begun) / 1000,
    run: {
      name: settings.name,
      settings,
      metrics,
      ...(monitor.length > 0 && { monitor: monitor.map(({ step, epoch, values }) => ({ step, epoch, values })) }),
      ...(evaluation !== undefined && { evaluation: evaluation.rows }),
      ...(identity && { data: identity.data.fingerprint }),
      ...(environment !== undefined && { environment }),
      notes: [...(evaluation?.notes ?? []), ...(trained ? [] : [`${settings.name} has no checkpoint yet: its embeddings are left out.`])],
    },
  };
}

/**
 * Adds what needs images: the map and its neighbours, views, positives, signs of collapse.
 *
 * @param count Images that are embedded.
 */
export async function withImages(record: RunRecord, { train, test }: RunImages, count: number, onProgress: (what: string) => void): Promise<{ run: ReportRun; sheets: Record<string, ImageSheet> }> {
  const { path, settings, run: text, neighbors, monitor, trained } = record;
  const { name } = text;
  onProgress(`${name}: views`);
  const { views, sheets: ofViews } = await viewSamples(settings, train, name);
  const shown = pictures(train, encoderInputOf(settings, train));
  const positives = await positivesOf(neighbors, shown, name);
  const followed = await followedOf(monitor, shown, name);
  const run: ReportRun = { ...text, views, ...(positives && { positives: positives.positives }), ...(followed && { followed: followed.followed }) };
  const sheets = { ...ofViews, ...positives?.sheets, ...followed?.sheets };
  if (!trained) return { run, sheets };

  const [images, kind] = 'missing' in test ? [train, 'training'] : [test, 'test'];
  onProgress(`${run.name}: embeddings of ${kind} images`);
  const { encoder, step, input } = await loadRun(path, train);
  try {
    const chosen = someLabelled(images, count, 1) ?? evenly(images, count);
    const part = subset(images, chosen);
    const features: Features = { ...(await embed(encoder, part, { batchSize: 250, ...inputFor(input, part) })), sampleIds: chosen };
    const collapse = await collapseOf(features, kind, await viewPairs(settings, train, encoder, pairs));
    onProgress(`${run.name}: map`);
    const map = await mapOf(features, kind, images.classes);
    // of the same name for every run on these images: the page holds it once
    const sheet = `${images.name} ${chosen.length}`;
    const notes = [...(run.notes ?? []), ...('missing' in test ? [`${run.name} is shown by training images: ${test.missing}`] : [])];
    return {
      run: { ...run, step, map: { ...map, sheet }, collapse, notes },
      sheets: { ...sheets, [sheet]: await sheetOf(await pictures(part, input).read(Int32Array.from(chosen, (_, i) => i))) },
    };
  } finally {
    disposeNetwork(encoder);
  }
}

async function readSettings(path: string, environment: unknown, version: string): Promise<PretrainSettings> {
  try {
    return await readRunSettings(path);
  } catch (error) {
    if (!KindredError.is(error) || error.name !== 'SettingsError') throw error;
    const made = (environment as { kindred?: string } | undefined)?.kindred;
    const by = made === undefined || made === version ? 'another version' : `version ${made}`;
    const problems = (error as SettingsError).problems.map((problem) => problem.replaceAll(/\s+/g, ' ')).join(' ');
    throw new DataError(path, `is a run of ${by} of Kindred, this is ${version}: ${problems}`, 'Make its report with the version that trained it.', error);
  }
}

/** The figures of an evaluation, and what it left out. @throws DataError for one that this version did not write. */
function figureRows(path: string, content: unknown): { readonly rows: FigureRow[]; readonly notes: string[] } | undefined {
  if (content === undefined) return undefined;
  try {
    const { run, rows, notes = [], transfer = [] } = content as Evaluation;
    const own = (list: Evaluation['rows'], on?: string): FigureRow[] =>
      list.map((row) => ({ ...(row.name !== run && { of: row.name }), ...(on !== undefined && { on }), figures: figuresOf(row) }));
    return {
      rows: [...own(rows), ...transfer.flatMap(({ data, rows: there }) => own(there, data))],
      notes: [...notes, ...transfer.flatMap(({ data, notes: there = [] }) => there.map((note) => `${data}: ${note}`))].map((note) => `Evaluation of ${run}: ${note}.`),
    };
  } catch (error) {
    throw new DataError(join(path, 'evaluation.json'), 'is not an evaluation of this version.', 'Delete it, and evaluate the run again.', error);
  }
}

/** A file of JSON; undefined if there is none. @throws DataError */
async function readJson(file: string): Promise<unknown> {
  if (!existsSync(file)) return undefined;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new DataError(file, `cannot be read (${error.code}).`, undefined, error);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(file, 'is not JSON.', 'Delete it: it is written anew.', error);
  }
}
