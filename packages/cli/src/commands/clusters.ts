/** `kindred clusters`: embedded images in clusters, with the typical ones of each. */
import type { Command } from '@commander-js/extra-typings';
import { curate, curationCommand } from '../curation-parts.js';
import { wholeNumber } from '../program-parts.js';

/** Adds the command to the program. */
export function addClusters(program: Command): void {
  curationCommand(program, 'clusters', 'k-means clusters, each from its typical images outwards: a list, a page of thumbnails')
    .option('--n <count>', 'how many clusters', wholeNumber, 20)
    .option('--seed <number>', 'determines the starts', wholeNumber, 1)
    .addHelpText('after', '\nExample:\n  kindred clusters photos.safetensors --n 30 --out clusters.csv --page clusters.html')
    .action((path, { n, seed, ...options }) =>
      curate(path, options, async (embeddings) => (await import('@kindred/runs')).findClusters(embeddings, { count: n, seed })),
    );
}
