/**
 * The quick start: pre-trains NNCLR and SimCLR under the same budget on Fashion-MNIST, evaluates both beside raw pixels
 * and a network with random weights, prints one table, leaves a run folder for each and one report of both.
 *
 *   npm start                      about ten minutes on two cores
 *   npm start -- --epochs 1        a shorter look
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { evaluationTable, startProgress } from '@kindred/cli';
import { checkSettings, EvaluationSettings, type EvaluationRow, evaluateRun, pretrainRun, PretrainSettings, recipes, writeReport } from '@kindred/runs';
import { fashionMnist } from '@kindred/datasets/node';
import { useTensorFlow } from '@kindred/tensorflow';

const { values: flags } = parseArgs({
  options: { epochs: { type: 'string' }, seed: { type: 'string', default: '1' }, runs: { type: 'string', default: 'runs' } },
});

/** `quick-start-nnclr`, or `-2`, `-3`, ... where that run is there already. */
function freeName(name: string): string {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name}-${i}`;
    if (!existsSync(`${flags.runs}/${candidate}`)) return candidate;
  }
}

const engine = await useTensorFlow({ quiet: true });
const data = { train: await fashionMnist({ split: 'train' }), test: await fashionMnist({ split: 'test' }) };
console.log(`${engine.library} on ${engine.device}, ${engine.threads} threads; ${data.train.size.toLocaleString('en')} images of Fashion-MNIST`);

const evaluation = checkSettings('evaluation', EvaluationSettings, {});
const rows: EvaluationRow[] = [];
const folders: string[] = [];

for (const recipe of ['quick-start-nnclr', 'quick-start-simclr'] as const) {
  const settings = checkSettings(recipe, PretrainSettings, {
    ...recipes[recipe].settings,
    name: freeName(recipe),
    seed: Number(flags.seed),
    ...(flags.epochs !== undefined && { epochs: Number(flags.epochs) }),
  });
  let progress: ReturnType<typeof startProgress> | undefined;
  const { path, seconds } = await pretrainRun(settings, {
    root: flags.runs,
    dataset: data.train,
    onStart: ({ steps, done }) => {
      const format = `${settings.method.name.padEnd(6)} {bar} {percentage}% | step {value}/{total} | loss {loss} | {speed} images/s | {eta_formatted} left`;
      progress = startProgress(format, steps, done, { loss: '-', speed: '-' });
    },
    onStep: ({ step, loss, samplesPerSecond }) => progress?.update(step, { loss: loss.toFixed(3), speed: samplesPerSecond.toFixed(0) }),
  });
  progress?.stop();
  console.log(`${settings.method.name}: trained in ${(seconds / 60).toFixed(1)} minutes; evaluating`);
  // the first run brings the baselines: both runs begin with the same weights
  const baselines = rows.length === 0;
  const { rows: measured } = await evaluateRun(path, { settings: evaluation, baselines, data });
  rows.push(...measured.map((row) => (row.name === settings.name ? { ...row, name: settings.method.name } : row)));
  folders.push(path);
}

console.log(`\n${evaluationTable(rows)}`);
console.log(`kNN: k = ${evaluation.k}, cosine; linear: logistic regression. Runs: ${folders.join(', ')}`);

const { path: report } = await writeReport(folders, { out: `${flags.runs}/quick-start.html` });
console.log(`Report: ${report}, to open in a browser. Each run's folder has TensorBoard events.`);
