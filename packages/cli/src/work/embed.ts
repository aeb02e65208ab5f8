/** What `kindred embed` does. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ImageDataset, SettingsError } from '@kindred/core';
import { datasetImages, type NamedImages, openDataset } from '@kindred/datasets/node';
import { embedAcrossRanks, embedImages, loadEncoder, movedTo, openNamedImages, openRun } from '@kindred/runs';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';
import { interruptible } from '../program-parts.js';
import { startProgress } from '../progress.js';
import { joinJob } from '../ranks.js';

interface EmbedOptions {
  readonly images?: string | undefined;
  readonly run?: string | undefined;
  readonly best: boolean;
  readonly weights?: string | undefined;
  readonly out: string;
  readonly append: boolean;
  readonly split: 'train' | 'test';
  readonly data?: string | undefined;
  readonly batch: number;
}

/** Embeds what the argument and the options name: images by an encoder, or a run's own data. */
export async function embedWhatIsNamed(first: string | undefined, { images: beside, run: given, best, weights, out, append, split, data, batch }: EmbedOptions): Promise<void> {
  const runFirst = given === undefined && weights === undefined && first !== undefined && existsSync(join(first, 'config.json'));
  const [run, images] = runFirst ? [first, beside] : [given, first ?? beside];
  if ((run === undefined) === (weights === undefined)) {
    throw new SettingsError('embed', ['expected --run <folder> or --weights <file>, and not both.']);
  }
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
}

/** The paths of files where a data set has them. */
const withNames = (images: NamedImages, { files }: ImageDataset): NamedImages => (files === undefined ? images : { ...images, root: files.folder, ids: files.names });

async function linesOfInput(): Promise<string[]> {
  const paths: string[] = [];
  for await (const line of createInterface({ input: process.stdin })) if (line.trim() !== '') paths.push(line.trim());
  return paths;
}
