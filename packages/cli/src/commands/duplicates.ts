/** `kindred duplicates`: near-duplicates among embedded images. */
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { curate, curationCommand } from '../curation-parts.js';

/** Adds the command to the program. */
export function addDuplicates(program: Command): void {
  curationCommand(program, 'duplicates', 'near-duplicates as groups: a list, a page of thumbnails')
    .option('--threshold <cosine>', 'from which two images are near-duplicates', cosine, 0.98)
    .addHelpText(
      'after',
      `
Examples:
  kindred duplicates photos.safetensors --out duplicates.csv --page duplicates.html
  kindred duplicates photos.safetensors --threshold 0.95 --page duplicates.html`,
    )
    .action((path, { threshold, ...options }) =>
      curate(path, options, async (embeddings, watched) => (await import('@kindred/runs')).findDuplicates(embeddings, { threshold, ...watched })),
    );
}

function cosine(text: string): number {
  const value = Number(text);
  if (!(text.trim() !== '' && value > -1 && value <= 1)) throw new InvalidArgumentError('expected a cosine above -1, at most 1.');
  return value;
}
