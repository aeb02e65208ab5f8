/** All that a report shows of one run, gathered from its folder. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { disposeNetwork } from '@kindred/backbones';
import { DataError, type UniformImageDataset, KindredError, type SettingsError } from '@kindred/core';
import { labelledFraction, subset } from '@kindred/datasets';
import { embed, type Features } from '@kindred/evaluation';
import type { ImageSheet, ReportRun } from '@kindred/report';
import { listCheckpoints, readMetrics, readStepLog } from '@kindred/training/node';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import { loadRun, readRunSettings } from '../run/load-run.js';
import { prepareFor } from '../run/prepare.js';
import { collapseOf } from './report-collapse.js';
import { mapOf } from './report-map.js';
import { positivesOf } from './report-positives.js';
import { sheetOf } from './report-sheets.js';
import { viewPairs, viewSamples } from './report-views.js';
import type { MonitorLine, NeighborsLine } from '../run/run-notes.js';

/** What a run folder holds as text, read and checked. */
export interface RunRecord {
  readonly path: string;
  readonly settings: PretrainSettings;
  /** All but what images show. */
  readonly run: ReportRun;
  readonly neighbors: readonly NeighborsLine[];
  /** Whether there are weights to embed with. */
  readonly trained: boolean;
  /** When the run started, in seconds since 1970. */
  readonly started: number;
}

/** Training images of which two views are compared. */
const pairs = 512;

/** Images of a run's data. */
export interface RunImages {
  readonly train: UniformImageDataset;
  readonly test: UniformImageDataset;
}

/** Reads the texts of a run folder. @throws DataError where it is no run, one of another version, or has nothing to show yet. */
export async function readRun(path: string, version: string): Promise<RunRecord> {
  const environment = await readJson(join(path, 'environment.json'));
  const settings = await readSettings(path, environment, version);
  const lines = async <T extends { readonly step: number }>(name: string): Promise<T[]> =>
    existsSync(join(path, name)) ? readStepLog<T>(join(path, name)) : [];
  const metrics = existsSync(join(path, 'metrics.jsonl')) ? await readMetrics(path) : [];
  const monitor = await lines<MonitorLine>('monitor.jsonl');
  const trained = (await listCheckpoints(join(path, 'checkpoints'))).length > 0;
  if (metrics.length === 0 && !trained) throw new DataError(path, 'has neither metrics nor a checkpoint: the run has not made a step.', 'Go on with: kindred pretrain --resume.');
  const evaluation = await readJson(join(path, 'evaluation.json'));
  const begun = Date.parse((environment as { started?: string } | undefined)?.started ?? '');
  return {
    path,
    settings,
    neighbors: await lines<NeighborsLine>('neighbors.jsonl'),
    trained,
    started: (Number.isNaN(begun) ? (await stat(join(path, 'config.json'))).mtimeMs : begun) / 1000,
    run: {
      name: settings.name,
      settings,
      metrics,
      ...(monitor.length > 0 && { monitor }),
      ...(evaluation !== undefined && { evaluation }),
      ...(environment !== undefined && { environment }),
      ...(!trained && { notes: [`${settings.name} has no checkpoint yet: its embeddings are left out.`] }),
    },
  };
}

/**
 * Adds what takes images: the map and its neighbours, views, positives, signs of collapse.
 *
 * @param count Test images that are embedded.
 */
export async function withImages(record: RunRecord, { train, test }: RunImages, count: number, onProgress: (what: string) => void): Promise<{ run: ReportRun; sheets: Record<string, ImageSheet> }> {
  const { path, settings, run, neighbors, trained } = record;
  onProgress(`${run.name}: views`);
  const { views, sheets } = await viewSamples(settings, train, run.name);
  const positives = await positivesOf(neighbors, train, run.name);
  if (!trained) return { run: { ...run, views, ...(positives && { positives: positives.positives }) }, sheets: { ...sheets, ...positives?.sheets } };

  onProgress(`${run.name}: embeddings of test images`);
  const { encoder, step } = await loadRun(path, test);
  try {
    const chosen = someOf(test, count);
    const part = subset(test, chosen);
    const features: Features = { ...(await embed(encoder, part, { batchSize: 250, ...prepareFor(settings) })), sampleIds: chosen };
    const collapse = await collapseOf(features, await viewPairs(settings, train, encoder, pairs));
    onProgress(`${run.name}: map`);
    const map = await mapOf(features, test.classes);
    // of the same name for every run on these images: the page holds it once
    const sheet = `${test.name} ${chosen.length}`;
    return {
      run: { ...run, step, views, map: { ...map, sheet }, collapse, ...(positives && { positives: positives.positives }) },
      sheets: { ...sheets, ...positives?.sheets, [sheet]: await sheetOf((await part.read(Int32Array.from(chosen, (_, i) => i))).pixels, test.imageShape) },
    };
  } finally {
    disposeNetwork(encoder);
  }
}

/** So many images, class-balanced where classes are known; the same for every run. */
function someOf({ size, labels }: UniformImageDataset, count: number): Int32Array {
  if (count >= size) return Int32Array.from({ length: size }, (_, i) => i);
  if (labels?.some((label) => label >= 0)) return labelledFraction(labels, count / size, 1);
  return Int32Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
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

/** A file of JSON; undefined where there is none. @throws DataError */
async function readJson(file: string): Promise<unknown> {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new DataError(file, 'is not JSON.', 'Delete it: it is written anew.', error);
  }
}
