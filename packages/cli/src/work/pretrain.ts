/** What `kindred pretrain` does. */
import { SettingsError } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { checkSettings, describeInit, movedTo, pretrainRun, PretrainSettings, readInit, readRunSettings, readSettingsFile, recipes, resumeRun, setValues, type TrainOptions } from '@kindred/runs';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';
import { interruptible } from '../program-parts.js';
import { joinJob, startSelf } from '../ranks.js';
import { trainingProgress } from '../training-progress.js';

interface PretrainOptions extends Given {
  readonly resume?: string | undefined;
  readonly acceptChangedData: boolean;
  readonly extend?: number | undefined;
  readonly rate?: number | undefined;
  readonly ranks?: number | undefined;
}

/** Trains a run, or goes on with one. */
export async function pretrain(file: string | undefined, options: PretrainOptions): Promise<void> {
  const { resume, set, data, acceptChangedData, extend, rate, ranks = 1 } = options;
  if (extend !== undefined && resume === undefined) throw new SettingsError('--extend', ['is for --resume: a new run has the epochs of its settings.']);
  if (rate !== undefined && extend === undefined) throw new SettingsError('--rate', ['is for --extend. Otherwise say --set learningRate.base=...']);
  if (resume !== undefined) refuseBeside(file, options);
  else if (acceptChangedData) throw new SettingsError('--accept-changed-data', ['is for --resume: a new run takes the data as they are.']);
  const settings = resume === undefined ? await fromFile(file, options) : await readRunSettings(resume);
  if (ranks > 1) {
    process.exitCode = await startSelf(ranks);
    return;
  }
  const job = await joinJob();
  const { signal, release } = interruptible('stopping after this step, with a checkpoint');
  const progress = trainingProgress();
  try {
    await bringUpEngine();
    // before the images, which may be downloaded
    const init = resume === undefined && job.first && settings.init !== undefined ? await readInit(settings.init) : undefined;
    const dataset = await openDataset(resume === undefined ? settings.data : movedTo(settings.data, data), 'train');
    consola.info(`${settings.name}: ${settings.method.name} on ${dataset.size.toLocaleString('en')} images of ${dataset.name}`);
    const training: TrainOptions = {
      dataset,
      init,
      communicator: job.communicator,
      signal,
      ...progress,
      onWarning: (text) => consola.warn(text),
      onStart(facts) {
        if (facts.init) consola.info(`${settings.name}: ${describeInit(facts.init)}`);
        progress.onStart(facts);
      },
    };
    const { path, step, finished, seconds } =
      resume === undefined
        ? await pretrainRun(settings, { ...training, root: options.runs ?? 'runs' })
        : await resumeRun(resume, { ...training, set, acceptChangedData, ...(data !== undefined && { data }), ...(extend !== undefined && { extend: { epochs: extend, peak: rate } }) });
    progress.stop();
    if (finished) consola.success(`${path} after ${seconds.toFixed(0)} s`);
    else {
      consola.warn(step === 0 ? 'stopped before the first step: nothing is left of the run' : `stopped. Go on with: kindred pretrain --resume ${path}`);
      process.exitCode = 130;
    }
    await job.leave();
  } finally {
    progress.stop();
    release();
  }
}

interface Given {
  readonly recipe?: string | undefined;
  readonly set: readonly string[];
  readonly name?: string | undefined;
  readonly data?: string | undefined;
  readonly init?: string | undefined;
  readonly runs?: string | undefined;
}

async function fromFile(file: string | undefined, { recipe, set, name, data, init }: Given): Promise<PretrainSettings> {
  if ((file === undefined) === (recipe === undefined)) {
    throw new SettingsError('pretrain', ['expected a settings file or --recipe, and not both. kindred pretrain --help lists the recipes.']);
  }
  if (recipe !== undefined && !Object.hasOwn(recipes, recipe)) {
    throw new SettingsError('--recipe', [`${recipe}  is not a recipe. There are ${Object.keys(recipes).join(', ')}.`]);
  }
  const start = file === undefined ? recipes[recipe as keyof typeof recipes].settings : await readSettingsFile(file);
  // --set is YAML; other flags are text, whatever they look like
  const values = setValues(start, set);
  const given = !isRecord(values)
    ? values
    : { ...values, ...(name !== undefined && { name }), ...(init !== undefined && { init }), ...(data !== undefined && { data: movedTo(values['data'], data) }) };
  return checkSettings(file ?? `recipe ${recipe}`, PretrainSettings, given);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Refuses settings of the run's identity for a run that already exists. */
function refuseBeside(file: string | undefined, { recipe, name, init, runs }: Given): void {
  const given = [...(file === undefined ? [] : [file]), ...Object.entries({ recipe, name, init, runs }).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}`]))];
  if (given.length === 0) return;
  throw new SettingsError('--resume', [`a run goes on with its own settings in its own folder. Leave out ${given.join(', ')}.`]);
}
