/** A report of runs, from their folders to one file; and their TensorBoard events. */
import { join } from 'node:path';
import { ArgumentError, DataError, type ImageDataset, KindredError } from '@kindred/core';
import { writeFileAtomic } from '@kindred/core/node';
import { openDataset } from '@kindred/datasets/node';
import { type ImageSheet, reportPage, type ReportRun, tensorBoardEvents } from '@kindred/report';
import packageJson from '../../package.json' with { type: 'json' };
import { movedTo } from '../settings/moved-to.js';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import { readRun, type RunImages, type RunRecord, withImages } from './report-run.js';

/** How a report is made. */
export interface WriteReportOptions {
  /** The file. Default: `report.html`, in the folder of a single run, else in the working folder. */
  readonly out?: string;
  /** Whether images and embeddings are shown; without them no engine is needed. Default: true. */
  readonly images?: boolean;
  /** Test images that are embedded. Default: 2,000, which keeps the page of a run below 2 MB. */
  readonly samples?: number;
  /** Where the images are, if not where the runs found them. */
  readonly data?: string;
  /** Called once before the first work of the engine. */
  readonly bringUpEngine?: () => Promise<unknown>;
  /** Called with what is in progress. */
  readonly onProgress?: (what: string) => void;
}

/** The event file of a run: it has a fixed name, so that a second report replaces it. */
export const eventsFile = 'events.out.tfevents.kindred';

/**
 * Writes a report of one run or several, and each run's TensorBoard events into its folder. All runs are read before
 * anything is computed; files are written whole or not at all.
 *
 * @returns The page's path and size in bytes.
 * @throws DataError for a folder that is no run, is one of another version or has made no step; for a damaged checkpoint;
 * for images that are not there.
 */
export async function writeReport(paths: readonly string[], options: WriteReportOptions = {}): Promise<{ readonly path: string; readonly bytes: number }> {
  const { images = true, samples = 2000, data, bringUpEngine, onProgress = () => undefined } = options;
  if (paths.length === 0) throw new ArgumentError('report.runs', 'one run folder or more', paths);
  if (!(Number.isInteger(samples) && samples > 0)) throw new ArgumentError('report.samples', 'a whole number above 0', samples);
  const records: RunRecord[] = [];
  for (const path of new Set(paths)) records.push(await readRun(path, packageJson.version));
  const unique = new Set(records.map(({ run: { name } }) => name)).size === records.length;
  const named = unique ? records : records.map((record) => ({ ...record, run: { ...record.run, name: record.path } }));

  const runs: ReportRun[] = [];
  const sheets: Record<string, ImageSheet> = {};
  if (images) await bringUpEngine?.();
  const open = opener(data);
  for (const record of named) {
    if (images) {
      const gathered = await withImages(record, await open(record.settings), samples, onProgress);
      runs.push(gathered.run);
      Object.assign(sheets, gathered.sheets);
    } else runs.push(record.run);
  }
  const page = Buffer.from(reportPage({ created: new Date().toISOString(), version: packageJson.version, runs, sheets }));
  for (const { path, run, started, settings } of records) {
    const events = { metrics: run.metrics, ...(run.monitor && { monitor: run.monitor }), started, batchSize: settings.batchSize };
    await writeFileAtomic(join(path, eventsFile), tensorBoardEvents(events));
  }
  const out = options.out ?? (records.length === 1 ? join(records[0]!.path, 'report.html') : 'report.html');
  await writeFileAtomic(out, page);
  return { path: out, bytes: page.length };
}

/** Opens the images of runs; those of the same data once. A part for tests may be missing. */
function opener(place: string | undefined): (settings: PretrainSettings) => Promise<RunImages> {
  const opened = new Map<string, Promise<RunImages>>();
  const both = async (name: string, source: PretrainSettings['data']): Promise<RunImages> => {
    try {
      const train: ImageDataset = await openDataset(source, 'train');
      const test = await openDataset(source, 'test').catch((error: unknown) => {
        if (!KindredError.is(error)) throw error;
        return { missing: error.message.replaceAll(/\s+/g, ' ') };
      });
      return { train, test };
    } catch (error) {
      if (!KindredError.is(error)) throw error;
      throw new DataError(name, `its images cannot be opened. ${error.message}`, 'Say where they are with --data, or leave them out with --no-images.', error);
    }
  };
  return ({ name, data }) => {
    const source = movedTo(data, place);
    const key = JSON.stringify(source);
    const images = opened.get(key) ?? both(name, source);
    opened.set(key, images);
    return images;
  };
}
