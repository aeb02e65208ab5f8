/** `kindred embed`: writes the embeddings of a data set. */
import { type Command, Option } from '@commander-js/extra-typings';
import { encodeSafetensors, type NamedTensors } from '@kindred/core';
import { writeFileAtomic } from '@kindred/core/node';
import { openDataset } from '@kindred/datasets/node';
import { embed } from '@kindred/evaluation';
import { inputFor, loadRun, movedTo, openRun } from '@kindred/runs';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';
import { startProgress } from '../progress.js';
import { joinJob } from '../ranks.js';

/** Adds the command to the program. */
export function addEmbed(program: Command): void {
  program
    .command('embed')
    .description('write the embeddings of a data set as safetensors: embeddings [N, D], sampleIds [N], labels [N]')
    .argument('<run>', 'run folder')
    .requiredOption('--out <file>', 'the file to write')
    .addOption(new Option('--split <name>', 'which images').choices(['train', 'test'] as const).default('test' as const))
    .option('--data <path>', 'where the images are, if not where the run found them')
    .action(async (run, { out, split, data }) => {
      const opened = await openRun(run);
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
        const tensors: NamedTensors = {
          embeddings: { shape: [dataset.size, dimension], values },
          sampleIds: { shape: [dataset.size], values: Int32Array.from({ length: dataset.size }, (_, i) => i) },
          ...(labels && { labels: { shape: [dataset.size], values: labels } }),
        };
        if (job.first) await writeFileAtomic(out, encodeSafetensors(tensors, { run: settings.name, step: String(step), data: dataset.name }));
      } finally {
        progress?.stop();
      }
      await job.leave();
      consola.success(`${out}: ${dataset.size.toLocaleString('en')} embeddings of ${dataset.name}`);
    });
}
