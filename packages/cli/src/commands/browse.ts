/** `kindred browse`: a page to look at, search and label embedded images. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';
import { wholeNumber } from '../program-parts.js';

/** Adds the command to the program. */
export function addBrowse(program: Command): void {
  program
    .command('browse')
    .description('a page on this machine to look at, search and label images, or the same as a folder for a web host')
    .argument('<embeddings>', 'what kindred embed wrote')
    .option('--images <folder>', 'where the images are, if not where they were embedded')
    .option('--run <run>', 'the run whose encoder made the embeddings, if it was moved: the page searches by images with it')
    .option('--port <number>', 'where the page is; 0 takes any port that is free', port, 4321)
    .option('--host <address>', 'who may open it: this machine alone by default; 0.0.0.0 for all that can reach it', '127.0.0.1')
    .option('--static <folder>', 'write the page into a folder for any web host, and end')
    .option('--thumbnail <pixels>', 'side of a thumbnail', wholeNumber, 96)
    .addHelpText(
      'after',
      `
Examples:
  kindred browse photos.safetensors
  kindred browse photos.safetensors --static public/photos     without whole images: thumbnails, search and encoder`,
    )
    .action(async (path, { images, run, port: wanted, host, static: target, thumbnail }) => {
      const { openEmbeddings, writeBrowse } = await import('@kindred/runs');
      const embeddings = await openEmbeddings(path);
      const common = { title: basename(path, extname(path)), images, run, thumbnail, onProgress: (what: string) => consola.info(what) };
      const warn = (unreadable: readonly string[]): void => {
        if (unreadable.length > 0) consola.warn(`${unreadable.length} images cannot be read, ${unreadable[0]} among them: their thumbnails are grey`);
      };
      if (target !== undefined) {
        await bringUpEngine();
        warn((await writeBrowse(embeddings, { ...common, out: target, whole: false })).unreadable);
        consola.success(`${target}: open it through a web server, for instance npx sirv-cli ${target}`);
        return;
      }
      const { serveBrowse } = await import('@kindred/browse/node');
      const folder = images ?? embeddings.folder;
      const top = await mkdtemp(join(tmpdir(), 'kindred-browse-'));
      try {
        // a port in use is reported before the page is made
        await (await serveBrowse({ folder: top, port: wanted, host })).close();
        await bringUpEngine();
        const out = join(top, 'page');
        warn((await writeBrowse(embeddings, { ...common, out, whole: folder !== undefined })).unreadable);
        const server = await serveBrowse({ folder: out, port: wanted, host, images: folder === undefined ? undefined : { folder, names: embeddings.names } });
        consola.success(`${server.url}   Ctrl-C ends it`);
        await new Promise<void>((done) => {
          process.once('SIGINT', () => done());
          process.once('SIGTERM', () => done());
        });
        await server.close();
      } finally {
        await rm(top, { recursive: true, force: true });
      }
    });
}

function port(text: string): number {
  const value = Number(text);
  if (!(text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= 65_535)) throw new InvalidArgumentError('expected a whole number of 0..65535.');
  return value;
}
