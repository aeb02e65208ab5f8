/** `kindred search`: the images of an index that are most similar to a query. */
import { type Command, Option } from '@commander-js/extra-typings';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';
import { collect, wholeNumber } from '../program-parts.js';
import { formatTable } from '../table.js';

/** Adds the command to the program. */
export function addSearch(program: Command): void {
  program
    .command('search')
    .description('find the images of an index that are most similar to an image, to one of its own, or to a vector')
    .argument('<index>', 'index folder')
    .argument('[image]', 'the file of an image')
    .option('--id <id>', 'an image of the index instead')
    .option('--vector <file>', 'numbers instead: a list as JSON')
    .option('--run <folder>', 'the run whose encoder made the index, if it is not where it was')
    .option('--weights <file>', 'the file of weights that made it')
    .option('--best', 'of a run: the encoder that did best', false)
    .option('--k <count>', 'how many', wholeNumber, 10)
    .option('--class <name>', 'only images of this class; may be repeated', collect, [])
    .option('--path <start>', 'only images whose id begins so, cats/ for instance')
    .addOption(new Option('--format <name>', 'how to print').choices(['table', 'json'] as const).default('table' as const))
    .option('--sheet <file>', 'draw the images that were found as a PNG')
    .option('--images <folder>', 'for --sheet: where the images are, if not where they were embedded')
    .addHelpText(
      'after',
      `
Examples:
  kindred search photos.index lamp.jpg
  kindred search photos.index --id cats/tom.jpg --k 20 --sheet found.png
  kindred search photos.index lamp.jpg --class lamps --format json`,
    )
    .action(async (folder, image, { id, vector, run, weights, best, k, class: classes, path, format, sheet, images }) => {
      const { searchImages, writeSearchSheet } = await import('@kindred/runs');
      const found = await searchImages(folder, { image, id, vector, encoder: run ?? weights, best, k, ...(classes.length > 0 && { classes }), path, bringUpEngine, onWarning: (text) => consola.warn(text) });
      if (sheet !== undefined) {
        await writeSearchSheet(sheet, found, { images });
        consola.success(`${sheet}: ${found.results.length} images`);
      }
      const text =
        format === 'json'
          ? JSON.stringify(found.results, null, 2)
          : formatTable(['image', 'similarity', 'class'], found.results.map((each) => [each.id, each.similarity.toFixed(4), each.class ?? '']));
      process.stdout.write(`${text}\n`);
    });
}
