/** `kindred embed`: writes the embeddings of images, with their names. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Command, Option } from '@commander-js/extra-typings';
import { type ImageDataset, SettingsError } from '@kindred/core';
import { datasetImages, type NamedImages, openDataset } from '@kindred/datasets/node';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';
import { interruptible, wholeNumber } from '../program-parts.js';
import { startProgress } from '../progress.js';
import { joinJob } from '../ranks.js';

/** Adds the command to the program. */
export function addEmbed(program: Command): void {
  program
    .command('embed')
    .description('write the embeddings of images, with their names, sizes and errors, as .safetensors, .npy or .parquet')
    .argument('[images]', "a folder, an image, shards, a data set's name or settings, - for paths on stdin; a run's folder for its own data")
    .option('--images <folder>', "the same, where the argument is a run's folder")
    .option('--run <folder>', 'the run whose encoder is taken')
    .option('--best', 'the encoder that did best while the run was watched, not the last one', false)
    .option('--weights <file>', "a file of weights instead of a run: one of Kindred's, or a ResNet of torchvision or timm as safetensors")
    .requiredOption('--out <file>', 'the file to write; its suffix says how')
    .option('--append', 'keep what the file holds, and embed only images that are not in it', false)
    .addOption(new Option('--split <name>', 'of a data set: which images').choices(['train', 'test'] as const).default('test' as const))
    .option('--data <path>', "where the run's own images are, if not where it found them")
    .option('--batch <images>', 'images a pass', wholeNumber, 64)
    .addHelpText(
      'after',
      `
What was killed goes on from its last batch when the command is given again.

Examples:
  kindred embed photos --run runs/photos --out photos.parquet
  find . -name '*.png' | kindred embed - --weights resnet50.safetensors --out shots.npy
  kindred embed photos --run runs/photos --out photos.safetensors --append     new photos only
  kindred embed '/data/train-{000..146}.tar' --run runs/photos --out train.safetensors
  kindred embed --run runs/photos --split test --out test.safetensors          the run's own data`,
    )
    .action(async (first, { images: beside, run: given, best, weights, out, append, split, data, batch }) => {
      const runFirst = given === undefined && weights === undefined && first !== undefined && existsSync(join(first, 'config.json'));
      const [run, images] = runFirst ? [first, beside] : [given, first ?? beside];
      if ((run === undefined) === (weights === undefined)) {
        throw new SettingsError('embed', ['expected --run <folder> or --weights <file>, and not both.']);
      }
      const { embedAcrossRanks, embedImages, loadEncoder, movedTo, openNamedImages, openRun } = await import('@kindred/runs');
      const paths = images === '-' ? await linesOfInput() : undefined;
      const job = await joinJob();
      await bringUpEngine();
      const encoder = await loadEncoder((run ?? weights)!, { best });
      const { channels } = encoder.input;
      let named: NamedImages;
      let dataset: ImageDataset | undefined;
      if (images !== undefined) named = await openNamedImages(paths ?? images, { channels, split });
      else if (run === undefined) throw new SettingsError('embed', ['expected images: a folder, an image, shards, a data set, or - for paths on stdin.']);
      else {
        dataset = await openDataset(movedTo((await openRun(run)).settings.data, data), split);
        named = withNames(datasetImages(dataset), dataset);
      }
      if (job.communicator !== undefined && job.communicator.size > 1) {
        if (dataset === undefined || append) throw new SettingsError('embed', ["several ranks embed a run's own data into a file of its own. Leave out the images and --append, or start one process."]);
        await embedAcrossRanks(encoder, dataset, { out, batchSize: batch, communicator: job.communicator });
        await job.leave();
        if (job.first) consola.success(`${out}: ${dataset.size.toLocaleString('en')} embeddings of ${dataset.name}`);
        return;
      }
      const { signal, release } = interruptible('stopping after this batch');
      const progress = startProgress('{bar} {percentage}% | {value}/{total} images | {eta_formatted} left', named.ids.length);
      let told = 0;
      try {
        const result = await embedImages(encoder, named, {
          out,
          append,
          batchSize: batch,
          signal,
          onProgress: (done) => progress.update(done),
          onError(id, reason) {
            if (++told <= 5) consola.warn(`${id} cannot be read: ${reason}`);
          },
        });
        progress.stop();
        if (!result.finished) {
          consola.warn('stopped. The same command goes on from here.');
          process.exitCode = 130;
          return;
        }
        if (told > 5) consola.warn(`${told} images cannot be read: the file says which`);
        const count = (number: number): string => number.toLocaleString('en');
        consola.success(`${out}: ${count(result.images)} embeddings of ${named.name}${result.errors > 0 ? `, ${count(result.errors)} images unreadable` : ''}`);
      } finally {
        progress.stop();
        release();
      }
    });
}

/** The paths of files where a data set has them. */
const withNames = (images: NamedImages, { files }: ImageDataset): NamedImages => (files === undefined ? images : { ...images, root: files.folder, ids: files.names });

async function linesOfInput(): Promise<string[]> {
  const paths: string[] = [];
  for await (const line of createInterface({ input: process.stdin })) if (line.trim() !== '') paths.push(line.trim());
  return paths;
}
