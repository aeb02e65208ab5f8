/** `kindred index`: an index folder over embeddings. */
import { type Command, Option } from '@commander-js/extra-typings';
import { indexKinds } from '@kindred/runs/names';
import { consola } from 'consola';
import { interruptible } from '../program-parts.js';
import { startProgress } from '../progress.js';

/** Adds the command to the program. */
export function addIndex(program: Command): void {
  program
    .command('index')
    .description('make an index folder of embeddings, to search and browse')
    .argument('<embeddings>', 'what kindred embed wrote: .safetensors, .npy or .parquet')
    .requiredOption('--out <folder>', 'the index; one that is there is replaced')
    .option('--images <folder>', 'where the images are, if not where they were embedded')
    .addOption(new Option('--kind <name>', 'exact: compare with every image; approximate: a graph of near neighbours, by the package usearch; auto: exact up to 262,144 images of 256 numbers').choices(indexKinds).default('auto' as const))
    .addHelpText(
      'after',
      `
An approximate index takes long to build, and finds some 98 of 100 neighbours in a fraction of the time. Similarities are exact in both.

Examples:
  kindred index photos.safetensors --out photos.index
  kindred index photos.parquet --out photos.index --images /mnt/photos
  kindred index million.safetensors --out million.index --kind approximate`,
    )
    .action(async (file, { out, images, kind }) => {
      const { readEmbeddings, writeIndex } = await import('@kindred/gallery/node');
      const embeddings = await readEmbeddings(file);
      const { signal, release } = interruptible('stopping');
      let progress: ReturnType<typeof startProgress> | undefined;
      try {
        const written = await writeIndex(out, embeddings, {
          images,
          kind,
          signal,
          onProgress: (done) => (progress ??= startProgress('{bar} {percentage}% | {value}/{total} images | {eta_formatted} left', embeddings.ids.length)).update(done),
          onWarning: (text) => consola.warn(text),
        });
        progress?.stop();
        const count = (number: number): string => number.toLocaleString('en');
        consola.success(`${out}: ${count(embeddings.ids.length)} images, ${count(embeddings.dimension)} numbers each, ${written} search`);
      } catch (error) {
        if (!signal.aborted) throw error;
        consola.warn('stopped: no index was written');
        process.exitCode = 130;
      } finally {
        progress?.stop();
        release();
      }
    });
}
