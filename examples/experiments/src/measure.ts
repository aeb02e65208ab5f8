/** Measures the trained runs of an experiment: what is measured, and what is not measured again. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSettings, type Evaluation, type EvaluationData, evaluateRun, type EvaluateRunOptions, EvaluationSettings } from '@kindred/runs';
import type { Measure, Scale } from './experiment.js';

/** kNN with all labels, a linear probe with all and with 1 % of them. */
const probes = { small: { regularization: [10, 100, 1000], draws: 3 }, full: {} } as const;

/** The same with a quarter of the labels, and with 1 %. */
const searchProbes = { fractions: [0.25, 0.01], regularization: [10, 100, 1000], draws: 3 } as const;

/** Linear probe and fine-tuning with 1 % and 10 % of the labels. */
const fewLabels = {
  small: [
    { fraction: 0.01, protocol: 'smallOnePercent' },
    { fraction: 0.1, protocol: 'smallTenPercent' },
  ],
  full: [
    { fraction: 0.01, protocol: 'simclrOnePercent' },
    { fraction: 0.1, protocol: 'simclrTenPercent' },
  ],
} as const;

const settingsOf = (measure: Measure, scale: Scale): EvaluationSettings =>
  checkSettings('evaluation', EvaluationSettings, {
    ...probes[scale],
    ...(measure === 'search' && searchProbes),
    ...(measure === 'few-labels' && { probes: ['linear', 'fine-tune'], fractions: [0.01, 0.1], fineTune: fewLabels[scale] }),
  });

/** What a run is measured on. */
export interface MeasureOptions {
  readonly measure: Measure;
  readonly scale: Scale;
  readonly data: EvaluationData;
  /** Other data sets by name. */
  readonly on: Readonly<Record<string, EvaluationData>>;
  /** Also raw pixels, where the probe is one of features, and random weights. */
  readonly baselines: boolean;
}

/** Evaluates a run, or reads the evaluation that is there where it was made alike. */
export async function measureRun(path: string, { measure, scale, data, on, baselines }: MeasureOptions): Promise<Evaluation> {
  const settings = settingsOf(measure, scale);
  const before = await readEvaluation(path);
  const others = Object.keys(on);
  const same =
    before !== undefined &&
    JSON.stringify(before.settings) === JSON.stringify(settings) &&
    others.every((name) => before.transfer?.some(({ data: there }) => there === name)) &&
    (!baselines || before.rows.length > 1);
  if (same) return before;
  const options: EvaluateRunOptions = { settings, data, baselines, ...(others.length > 0 && { on }), onProgress: (what) => console.error(what) };
  return evaluateRun(path, options);
}

async function readEvaluation(path: string): Promise<Evaluation | undefined> {
  const file = join(path, 'evaluation.json');
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Evaluation) : undefined;
}
