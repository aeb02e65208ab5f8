/** `kindred select`: which embedded images to look at or label first. */
import { type Command, Option } from '@commander-js/extra-typings';
import { curate, curationCommand } from '../curation-parts.js';
import { wholeNumber } from '../program-parts.js';

/** Adds the command to the program. */
export function addSelect(program: Command): void {
  curationCommand(program, 'select', 'images to look at or label first: a list, a page of thumbnails')
    .requiredOption('--n <count>', 'how many', wholeNumber)
    .addOption(
      new Option('--by <what>', 'diverse: each the farthest from those before; k-means++: drawn by that distance; typical: of each cluster in turn; uncertain: by a classifier on --labels')
        .choices(['diverse', 'k-means++', 'typical', 'uncertain'] as const)
        .default('diverse' as const),
    )
    .option('--labels <file>', 'CSV with the columns name and label; what is labelled is not selected again, except by typical')
    .addOption(new Option('--uncertainty <measure>', 'with uncertain').choices(['margin', 'entropy'] as const).default('margin' as const))
    .option('--seed <number>', 'determines what is drawn', wholeNumber, 1)
    .addHelpText(
      'after',
      `
Examples:
  kindred select photos.safetensors --n 500 --out select.csv --page select.html
  kindred select photos.safetensors --n 100 --by uncertain --labels labels.csv --out next.csv`,
    )
    .action(async (path, { n, by, labels, uncertainty, seed, ...options }) => {
      const { ArgumentError } = await import('@kindred/core');
      if (by === 'uncertain' && labels === undefined) throw new ArgumentError('--labels', 'a CSV file with the columns name and label, with --by uncertain', undefined, 'kindred browse writes one.');
      return curate(path, options, async (embeddings) => {
        const { readLabels, selectImages } = await import('@kindred/runs');
        const known = labels === undefined ? undefined : await readLabels(labels, embeddings);
        return selectImages(embeddings, { count: n, by: by === 'uncertain' ? uncertainty : by, seed, ...(known && { labels: known }) });
      });
    });
}
