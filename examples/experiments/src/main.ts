/**
 * `npm run example experiments <name> [-- --small]`: trains what an experiment compares, measures it, prints the table and
 * leaves it beside the runs. Finished runs are not trained again, and rows that experiments share are trained once.
 */
import { Command, Option } from '@commander-js/extra-typings';
import { PretrainSettings } from '@kindred/cli';
import type { ImageDataset } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { useTensorFlow } from '@kindred/tensorflow';
import { experiments } from './experiments/index.js';
import { train } from './train.js';
import { type DataName, type Scale, type Settings, settingsOf } from './variant.js';

const names = Object.keys(experiments);
const program = new Command('experiments')
  .description(names.map((name) => `${name}: ${experiments[name]!.title}`).join('\n'))
  .argument('<experiment>', names.join(', '))
  .option('--small', "minutes on two cores instead of the papers' settings")
  .option('--seeds <list>', 'seeds, separated by commas', (text: string) => text.split(',').map(Number))
  .option('--cifar <path>', 'where CIFAR-10 is: its archive, or a folder <split>/<class>/<image>; downloaded otherwise')
  .option('--runs <folder>', 'where the runs are', 'runs/experiments')
  .addOption(new Option('--only-train', 'measure nothing'))
  .parse();
const [name] = program.processedArgs;
const { small = false, seeds: chosen, cifar, runs, onlyTrain = false } = program.opts();
const experiment = experiments[name];
if (experiment === undefined) program.error(`error: ${name} is no experiment. There are ${names.join(', ')}.`);
const scale: Scale = small ? 'small' : 'full';
const seeds = chosen ?? experiment!.seeds;

/** What the settings say about data, with the place that the command line names. */
async function dataOf({ data }: Pick<Settings, 'data'>): Promise<Settings['data']> {
  if (data.name !== 'cifar-10' || cifar === undefined) return data;
  const { statSync } = await import('node:fs');
  const folder = statSync(cifar).isDirectory() && !cifar.includes('batches-bin');
  return folder ? { name: 'image-folder', root: cifar, imageSize: [32, 32] } : { ...data, root: cifar };
}

await useTensorFlow({ quiet: true });
const opened = new Map<string, Promise<{ train: ImageDataset; test: ImageDataset }>>();
const open = (settings: PretrainSettings): Promise<{ train: ImageDataset; test: ImageDataset }> => {
  const key = JSON.stringify(settings.data);
  const both = opened.get(key) ?? Promise.all([openDataset(settings.data, 'train'), openDataset(settings.data, 'test')]).then(([train, test]) => ({ train, test }));
  opened.set(key, both);
  return both;
};

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
const root = `${runs}/${scale}`;
const paths: string[] = [];
for (const seed of seeds) {
  for (const row of experiment!.variants(scale)) {
    const settings = settingsOf(row, seed, await dataOf(row.settings));
    const { train: dataset } = await open(settings);
    paths.push(await train(settings, { root, dataset, signal: controller.signal }));
  }
}
console.log(`${experiment!.title}: ${paths.length} runs in ${root}`);
void onlyTrain;
void (null as unknown as DataName);
