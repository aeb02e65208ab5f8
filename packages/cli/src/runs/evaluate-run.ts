/** Evaluation of a run: its encoder beside raw pixels and the same network with random weights. */
import { join } from 'node:path';
import type { Encoder, ImageDataset } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { embed, type Features, rawPixels } from '@kindred/evaluation';
import { writeFileAtomic } from '@kindred/training/node';
import type { EvaluationSettings } from '../settings/evaluation-settings.js';
import { freshEncoder } from './build-run.js';
import { evaluateFeatures, type ProbeResult } from './evaluate-features.js';
import { loadRun, readRunSettings } from './load-run.js';
import { prepareFor } from './prepare.js';

/** What surrounds an evaluation. */
export interface EvaluateRunOptions {
  readonly settings: EvaluationSettings;
  /** Also evaluate raw pixels and random weights. Default: false. */
  readonly baselines?: boolean;
  /** Images, where they are open already; else those the run was trained on. */
  readonly data?: { readonly train: ImageDataset; readonly test: ImageDataset };
  /** Told what is under way: `nnclr: features`, ... */
  readonly onProgress?: (what: string) => void;
}

/** What one kind of features reached. */
export interface EvaluationRow {
  readonly name: string;
  readonly results: readonly ProbeResult[];
}

/** `evaluation.json`. */
export interface Evaluation {
  readonly run: string;
  readonly step: number;
  readonly data: { readonly train: string; readonly test: string };
  readonly settings: EvaluationSettings;
  readonly rows: readonly EvaluationRow[];
}

/** Images a step of embedding. */
const batchSize = 250;

/**
 * Evaluates the newest checkpoint of a run and writes `evaluation.json` into its folder.
 *
 * @throws KindredError for a folder that is not a run, a damaged checkpoint, or data without labels.
 */
export async function evaluateRun(path: string, options: EvaluateRunOptions): Promise<Evaluation> {
  const { settings, baselines = false, onProgress = () => undefined } = options;
  const trained = await readRunSettings(path);
  const { data: source, name } = trained;
  const data = options.data ?? { train: await openDataset(source, 'train'), test: await openDataset(source, 'test') };
  const { encoder, step } = await loadRun(path, data.train);
  const prepare = prepareFor(trained);

  const rows: EvaluationRow[] = [];
  const add = async (row: string, features: (dataset: ImageDataset) => Promise<Features>): Promise<void> => {
    onProgress(`${row}: features`);
    const both = { train: await features(data.train), test: await features(data.test) };
    rows.push({ name: row, results: await evaluateFeatures(both, settings, (done) => onProgress(`${row}: ${done}`)) });
  };
  const through = (network: Encoder) => (dataset: ImageDataset) => embed(network, dataset, { batchSize, ...prepare });
  if (baselines) {
    await add('raw pixels', (dataset) => rawPixels(dataset));
    await add('random weights', through(freshEncoder(trained, data.train)));
  }
  await add(name, through(encoder));

  const evaluation: Evaluation = {
    run: name,
    step,
    data: { train: data.train.name, test: data.test.name },
    settings,
    rows,
  };
  await writeFileAtomic(join(path, 'evaluation.json'), `${JSON.stringify(evaluation, null, 2)}\n`);
  return evaluation;
}
