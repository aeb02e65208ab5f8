/** `kindred pretrain`: trains a run from settings. */
import type { Command } from '@commander-js/extra-typings';
import { SettingsError } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { checkSettings, pretrainRun, PretrainSettings, readRunSettings, readSettingsFile, recipes, setValues } from '@kindred/runs';
import { consola } from 'consola';
import { isAbsolute, join, resolve } from 'node:path';
import { bringUpEngine } from '../engine.js';
import { collect, interruptible } from '../program-parts.js';
import { startProgress } from '../progress.js';

/** Adds the command to the program. */
export function addPretrain(program: Command): void {
  program
    .command('pretrain')
    .description('pre-train an encoder; writes runs/<name>/')
    .argument('[settings]', 'settings file (.yaml, .json, .ts, .js)')
    .option('--recipe <name>', `start from a recipe: ${Object.keys(recipes).join(', ')}`)
    .option('--set <path=value>', 'set one value, for instance learningRate.base=0.1; may be repeated', collect, [])
    .option('--name <name>', 'name of the run')
    .option('--data <path>', 'where the images are: an archive, or a folder')
    .option('--runs <folder>', 'folder of run folders', 'runs')
    .option('--resume <run>', 'go on with a run folder, with its own settings')
    .action(async (file, options) => {
      const settings = options.resume === undefined ? await fromFile(file, options) : await fromRun(options.resume, file, options);
      await bringUpEngine();
      const dataset = await openDataset(settings.data, 'train');
      consola.info(`${settings.name}: ${settings.method.name} on ${dataset.size.toLocaleString('en')} images of ${dataset.name}`);
      const { signal, release } = interruptible('stopping after this step, with a checkpoint');
      let progress: ReturnType<typeof startProgress> | undefined;
      const root = options.resume === undefined ? options.runs : join(resolve(options.resume), '..');
      try {
        const { path, finished, seconds } = await pretrainRun(settings, {
          root: isAbsolute(root) ? root : join('.', root),
          resume: options.resume !== undefined,
          dataset,
          signal,
          onStart({ steps, done }) {
            progress = startProgress('{bar} {percentage}% | step {value}/{total} | loss {loss} | {speed} images/s | {eta_formatted} left', steps, done, { loss: '-', speed: '-' });
          },
          onStep: ({ step, loss, imagesPerSecond }) =>
            progress?.update(step, { loss: loss.toFixed(3), speed: imagesPerSecond.toFixed(0) }),
        });
        progress?.stop();
        if (finished) consola.success(`${path} after ${seconds.toFixed(0)} s`);
        else {
          consola.warn(`stopped. Go on with: kindred pretrain --resume ${path}`);
          process.exitCode = 130;
        }
      } finally {
        progress?.stop();
        release();
      }
    });
}

interface Given {
  readonly recipe?: string | undefined;
  readonly set: readonly string[];
  readonly name?: string | undefined;
  readonly data?: string | undefined;
}

async function fromFile(file: string | undefined, { recipe, set, name, data }: Given): Promise<PretrainSettings> {
  if ((file === undefined) === (recipe === undefined)) {
    throw new SettingsError('pretrain', ['expected a settings file or --recipe, and not both. kindred pretrain --help lists the recipes.']);
  }
  if (recipe !== undefined && !(recipe in recipes)) {
    throw new SettingsError('--recipe', [`${recipe}  is not a recipe. There are ${Object.keys(recipes).join(', ')}.`]);
  }
  const start = file === undefined ? recipes[recipe as keyof typeof recipes].settings : await readSettingsFile(file);
  const extra = [...(name === undefined ? [] : [`name=${name}`]), ...(data === undefined ? [] : [`data.root=${data}`])];
  return checkSettings(file ?? `recipe ${recipe}`, PretrainSettings, setValues(start, [...set, ...extra]));
}

async function fromRun(run: string, file: string | undefined, { recipe, set, name, data }: Given): Promise<PretrainSettings> {
  if (file !== undefined || recipe !== undefined || set.length > 0 || name !== undefined || data !== undefined) {
    throw new SettingsError('--resume', ['a run goes on with its own settings. Leave out the file, --recipe, --set, --name and --data.']);
  }
  return readRunSettings(run);
}
