/** `kindred embed`: writes the embeddings of a data set. */
import { type Command, Option } from '@commander-js/extra-typings';
import { openDataset } from '@kindred/datasets/node';
import { embed } from '@kindred/evaluation';
import { embedFolder, inputFor, loadRun, movedTo, type OpenedRun, openRun, writeEmbeddings } from '@kindred/runs';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';
import { startProgress } from '../progress.js';
import { joinJob } from '../ranks.js';

/** Adds the command to the program. */
export function addEmbed(program: Command): void {
  program
    .command('embed')
    .description('write the embeddings of a data set, or of a folder of images, as safetensors: embeddings [N, D], sampleIds [N], labels [N], and names')
    .argument('<run>', 'run folder')
    .requiredOption('--out <file>', 'the file to write')
    .addOption(new Option('--split <name>', 'which images').choices(['train', 'test'] as const).default('test' as const))
    .option('--data <path>', 'where the images are, if not where the run found them')
    .option('--images <folder>', 'any folder of images instead of the data set of the run')
    .addHelpText('after', '\nExample:\n  kindred embed runs/photos --images ~/pictures --out photos.safetensors')
    .action(async (run, { out, split, data, images }) => {
      const opened = await openRun(run);
      if (images !== undefined) return embedImages(opened, images, out);
      const { settings } = opened;
      const dataset = await openDataset(movedTo(settings.data, data), split);
      const job = await joinJob();
      await bringUpEngine();
      const { encoder, step, input } = await loadRun(opened, dataset);
      const progress = job.first ? startProgress('{bar} {percentage}% | {value}/{total} images | {eta_formatted} left', dataset.size) : undefined;
      try {
        const { values, dimension, labels } = await embed(encoder, dataset, {
          batchSize: 250,
          communicator: job.communicator,
          ...inputFor(input, dataset),
          onProgress: (done) => progress?.update(done),
        });
        if (job.first) {
          await writeEmbeddings(out, {
            features: { values, dimension, ...(labels && { labels }) },
            names: dataset.files?.names ?? Array.from({ length: dataset.size }, (_, i) => String(i)),
            ...(dataset.files && { folder: dataset.files.folder }),
            ...(dataset.classes && { classes: dataset.classes }),
            run: { folder: run, step },
          });
        }
      } finally {
        progress?.stop();
      }
      await job.leave();
      consola.success(`${out}: ${dataset.size.toLocaleString('en')} embeddings of ${dataset.name}`);
    });
}

/** Embeds a folder of images; what cannot be read is left out and named. */
async function embedImages(run: OpenedRun, folder: string, out: string): Promise<void> {
  await bringUpEngine();
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    const { embeddings, unreadable } = await embedFolder(run, {
      folder,
      onProgress(done, total) {
        progress ??= startProgress('{bar} {percentage}% | {value}/{total} images | {eta_formatted} left', total);
        progress.update(done);
      },
    });
    await writeEmbeddings(out, embeddings);
    progress?.stop();
    for (const { name, reason } of unreadable.slice(0, 10)) consola.warn(`${name} cannot be read (${reason}) and has no row`);
    if (unreadable.length > 10) consola.warn(`and ${unreadable.length - 10} others`);
    consola.success(`${out}: ${embeddings.names.length.toLocaleString('en')} embeddings of ${folder}`);
  } finally {
    progress?.stop();
  }
}
