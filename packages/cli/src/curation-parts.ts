/** What commands over embeddings share. */
import type { Command } from '@commander-js/extra-typings';
import type { Curation, Embeddings } from '@kindred/runs';
import { consola } from 'consola';
import { bringUpEngine } from './engine.js';
import { wholeNumber } from './program-parts.js';
import { startProgress } from './progress.js';

/** Options of every such command. */
// an interface is no `OptionValues` of commander's
export type CurationOptions = {
  out?: string | undefined;
  page?: string | undefined;
  images?: string | undefined;
  thumbnail: number;
};

/** A command over an embeddings file, with the shared options. */
export function curationCommand(program: Command, name: string, description: string): Command<[string], CurationOptions> {
  return program
    .command(name)
    .description(description)
    .argument('<embeddings>', 'what kindred embed wrote')
    .option('--out <file>', 'the list to write: .csv or .json')
    .option('--page <file>', 'a page of thumbnails to write: .html')
    .option('--images <folder>', 'where the images are, if not where they were embedded')
    .option('--thumbnail <pixels>', 'side of a thumbnail', wholeNumber, 64);
}

/** Reads embeddings, searches, writes both files and prints what was found. The output paths are checked first. */
export async function curate(
  path: string,
  { out, page, images, thumbnail }: CurationOptions,
  find: (embeddings: Embeddings, watched: { readonly onProgress: (done: number, total: number) => void }) => Promise<Curation>,
): Promise<void> {
  const { checkCurationOutputs, openEmbeddings, writeCuration } = await import('@kindred/runs');
  checkCurationOutputs({ out, page });
  const embeddings = await openEmbeddings(path);
  await bringUpEngine();
  let progress: ReturnType<typeof startProgress> | undefined;
  let found: Curation;
  try {
    found = await find(embeddings, {
      onProgress(done, total) {
        progress ??= startProgress('{bar} {percentage}% | {eta_formatted} left', total);
        progress.update(done);
      },
    });
  } finally {
    progress?.stop();
  }
  const { unreadable } = await writeCuration(found, embeddings, { out, page, folder: images ?? embeddings.folder, thumbnail });
  if (unreadable.length > 0) consola.warn(`${unreadable.length} of the images shown cannot be read, ${unreadable[0]} among them`);
  consola.success(`${found.summary}\n  ${[out, page].filter((file) => file !== undefined).join(', ')}`);
}
