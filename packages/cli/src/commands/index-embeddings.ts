/** `kindred index`: an index folder over embeddings. */
import type { Command } from '@commander-js/extra-typings';
import { readEmbeddings, writeIndex } from '@kindred/gallery/node';
import { consola } from 'consola';

/** Adds the command to the program. */
export function addIndex(program: Command): void {
  program
    .command('index')
    .description('make an index folder of embeddings, to search and browse')
    .argument('<embeddings>', 'what kindred embed wrote: .safetensors, .npy or .parquet')
    .requiredOption('--out <folder>', 'the index; one that is there is replaced')
    .option('--images <folder>', 'where the images are, if not where they were embedded')
    .addHelpText(
      'after',
      `
Examples:
  kindred index photos.safetensors --out photos.index
  kindred index photos.parquet --out photos.index --images /mnt/photos`,
    )
    .action(async (file, { out, images }) => {
      const embeddings = await readEmbeddings(file);
      await writeIndex(out, embeddings, { ...(images !== undefined && { images }) });
      consola.success(`${out}: ${embeddings.ids.length.toLocaleString('en')} images, ${embeddings.dimension.toLocaleString('en')} numbers each`);
    });
}
