/** `kindred outliers`: embedded images that are unlike all others. */
import { type Command, Option } from '@commander-js/extra-typings';
import { curate, curationCommand } from '../curation-parts.js';
import { wholeNumber } from '../program-parts.js';

/** Adds the command to the program. */
export function addOutliers(program: Command): void {
  curationCommand(program, 'outliers', 'images that are unlike all others, the furthest out first: a list, a page of thumbnails')
    .addOption(new Option('--by <measure>', 'local: the local outlier factor; distance: how far the k-th neighbour is').choices(['local', 'distance'] as const).default('local' as const))
    .option('--k <neighbours>', 'neighbours of each image', wholeNumber, 20)
    .option('--n <count>', 'how many to list', wholeNumber, 200)
    .addHelpText('after', '\nExample:\n  kindred outliers photos.safetensors --n 100 --out outliers.csv --page outliers.html')
    .action((path, { by, k, n, ...options }) =>
      curate(path, options, async (embeddings, watched) => (await import('@kindred/runs')).findOutliers(embeddings, { by, k, count: n, ...watched })),
    );
}
