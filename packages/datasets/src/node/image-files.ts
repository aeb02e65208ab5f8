/** Finds the images of a folder, in an order that is the same on every machine. */
import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DataError } from '@kindred/core';
import { type LeftOutGroup, type LeftOutTally, leftOutTally, ordinary } from './left-out.js';

/** The images of a folder. */
export interface ImageFiles {
  /** The folder that holds them. */
  readonly folder: string;
  /** Paths within the folder, `/` between parts, sorted by class, then by path. */
  readonly paths: readonly string[];
  /** The class of each, if there are classes. */
  readonly labels?: Int32Array;
  /** Names of the classes, sorted. */
  readonly classes?: readonly string[];
  /** What is not an image. */
  readonly leftOut: readonly LeftOutGroup[];
}

/** Extensions of image files, without the dot. */
export const imageEndings: ReadonlySet<string> = new Set('avif gif jfif jpe jpeg jpg png tif tiff webp'.split(' '));
const unreadable = new Set('bmp dib heic heif jp2 j2k jxl pbm pgm ppm tga'.split(' ').map((name) => `.${name}`));
/** Files that desktops, file servers and archives put into folders. */
const systemNames = new Set([
  'Thumbs.db', 'ehthumbs.db', 'desktop.ini', 'Icon\r', '__MACOSX', '@eaDir', '#recycle', '@Recycle', '$RECYCLE.BIN', 'lost+found', 'System Volume Information',
]);
const splits = ['train', 'val', 'validation', 'valid', 'test'];

/**
 * Lists `<root>[/<split>]/<class>/.../<file>`, or `<root>[/<split>]/<file>` if there are no classes. Files that are not images
 * by their extension, hidden ones and those of systems are skipped, and so is what is not a file: pipes, sockets, links to
 * nothing and links to a folder above. Classes are the folders of this split and of its siblings named train, val, validation,
 * valid or test, so that a class has one number in all of them. Names that differ only in how Unicode composes their letters
 * are one class, and sorted as one.
 *
 * @throws DataError if the folder is missing or holds no images, or images both with and without a class.
 */
export async function imageFiles(where: string, root: string, split: string | undefined): Promise<ImageFiles> {
  const folder = split === undefined ? root : join(root, split);
  const tally = leftOutTally();
  const listing = lister(where, folder, tally);
  const { files, folders, above } = await listing.entries('', [], split === undefined ? undefined : root);
  const bare = listing.images('', files);
  /** By the name of the class: folders may spell it in more than one way. */
  const byClass = new Map<string, string[]>();
  for (const name of folders) {
    const found = await listing.below(name, above);
    byClass.set(composed(name), [...(byClass.get(composed(name)) ?? []), ...found].sort(byName));
  }
  const classed = folders.find((name) => byClass.get(composed(name))!.length > 0);
  if (bare.length > 0 && classed !== undefined) {
    throw new DataError(
      where,
      `${folder} holds both images (${bare[0]}) and folders of images (${classed}).`,
      'Put every image into the folder of its class, or all into one folder.',
    );
  }
  const leftOut = tally.groups();
  if (bare.length > 0) return { folder, paths: bare, leftOut };
  if (classed === undefined) {
    const held = [...folders.map((name) => `${name}/`), ...files].slice(0, 5);
    throw new DataError(
      where,
      `${folder} holds no images, but ${held.length > 0 ? held.join(', ') : 'nothing'}.`,
      'Expected <class>/<file> or <file> with endings such as .jpg, .png or .webp.',
    );
  }

  const classes = new Set(byClass.keys());
  if (split !== undefined) {
    for (const sibling of splits.filter((name) => name !== split)) {
      if (!(await statOf(join(root, sibling)))?.isDirectory()) continue;
      const beside = await lister(where, join(root, sibling), leftOutTally()).entries('', []);
      for (const name of beside.folders) classes.add(composed(name));
    }
  }
  const names = [...classes].sort(byCodeUnits);
  const paths = names.flatMap((name) => byClass.get(name) ?? []);
  const labels = Int32Array.from(names.flatMap((name, label) => (byClass.get(name) ?? []).map(() => label)));
  return { folder, paths, labels, classes: names, leftOut };
}

/** All images below a folder, however they lie: paths sorted by code units; what is of a format that cannot be read is listed too. */
export async function imagesBelow(where: string, folder: string): Promise<Pick<ImageFiles, 'paths' | 'leftOut'>> {
  const tally = leftOutTally();
  const paths = await lister(where, folder, tally, true).below('', []);
  if (paths.length === 0) throw new DataError(where, `${folder} holds no images.`, 'Expected files with endings such as .jpg, .png or .webp.');
  return { paths, leftOut: tally.groups() };
}

/** Normalises a name: macOS separates letters and accents where other systems keep them together. */
export const composed = (name: string): string => name.normalize('NFC');

/** Independent of the machine's language, unlike `localeCompare`. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const byName = (a: string, b: string): number => byCodeUnits(composed(a), composed(b)) || byCodeUnits(a, b);

interface Entries {
  readonly files: string[];
  readonly folders: string[];
  /** The folder itself and those above it, as the file system knows them. */
  readonly above: readonly string[];
}

interface Lister {
  /** Files and folders in a folder, sorted, links followed. @param root Named if there is no such folder. */
  entries(path: string, above: readonly string[], root?: string): Promise<Entries>;
  /** Those of the files that are images. */
  images(prefix: string, files: readonly string[]): string[];
  /** All images below a folder. */
  below(path: string, above: readonly string[]): Promise<string[]>;
}

function lister(where: string, top: string, { add: leave }: LeftOutTally, foreignToo = false): Lister {
  const lists: Lister = {
    async entries(path, above, root) {
      const folder = path === '' ? top : join(top, path);
      let entries: Dirent<Buffer>[];
      try {
        entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
      } catch (cause) {
        throw await noFolder(where, folder, root, cause);
      }
      const own = identity(await stat(folder, { bigint: true }));
      const within = (name: string): string => (path === '' ? name : `${path}/${name}`);
      const files: string[] = [];
      const folders: string[] = [];
      for (const entry of entries) {
        const name = entry.name.toString('utf8');
        if (name.startsWith('.') || systemNames.has(name)) {
          leave(ordinary, within(name));
          continue;
        }
        if (!Buffer.from(name).equals(entry.name)) {
          if (entry.isDirectory()) throw new DataError(where, `${join(folder, name)} has a name that is no UTF-8 text.`, 'Rename it.');
          leave('have names that are no UTF-8 text', within(name));
          continue;
        }
        const status = entry.isSymbolicLink() ? await statOf(join(folder, name)) : entry;
        if (status === undefined) leave('are links to nothing', within(name));
        else if (status.isFile()) files.push(name);
        else if (!status.isDirectory()) leave('are pipes, sockets or devices', within(name));
        else if (entry.isSymbolicLink() && [...above, own].includes(identity(status as BigIntStats))) leave('are links to a folder above', within(name));
        else folders.push(name);
      }
      return { files: files.sort(byName), folders: folders.sort(byName), above: [...above, own] };
    },
    images(prefix, files) {
      const foreign = files.find((name) => unreadable.has(extname(name).toLowerCase()));
      if (foreign !== undefined && !foreignToo) {
        throw new DataError(
          where,
          `${join(top, prefix, foreign)} is of a format that sharp does not read.`,
          'Convert such images to PNG or JPEG, or move them elsewhere.',
        );
      }
      return files
        .filter((name) => {
          const ending = extname(name).toLowerCase();
          const fits = imageEndings.has(ending.slice(1)) || unreadable.has(ending);
          if (!fits) leave('have another ending than an image', prefix + name);
          return fits;
        })
        .map((name) => prefix + name)
        .sort(byName);
    },
    async below(path, above) {
      const entries = await lists.entries(path, above);
      const prefix = path === '' ? '' : `${path}/`;
      const found = lists.images(prefix, entries.files);
      for (const name of entries.folders) {
        for (const image of await lists.below(prefix + name, entries.above)) found.push(image);
      }
      return found.sort(byName);
    },
  };
  return lists;
}

const identity = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

/** What a path leads to; undefined if it leads nowhere. */
async function statOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}

async function noFolder(where: string, folder: string, root: string | undefined, cause: unknown): Promise<DataError> {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOTDIR') {
    return new DataError(where, `${folder} is a file, expected a folder of images.`, 'Unpack an archive first.', cause);
  }
  if (code !== 'ENOENT') return new DataError(where, `${folder} cannot be read (${code}).`, undefined, cause);
  if (root === undefined || root === folder || !(await statOf(root))?.isDirectory()) {
    return new DataError(where, `${root ?? folder} does not exist, expected a folder of images.`, undefined, cause);
  }
  const { files, folders } = await lister(where, root, leftOutTally()).entries('', []);
  const held = [...folders, ...files];
  const names = `${held.slice(0, 8).join(', ')}${held.length > 8 ? ', ...' : ''}` || 'nothing';
  return new DataError(
    where,
    `${folder} does not exist; ${root} holds ${names}.`,
    `Name the folder that is meant; without a split (data.train=. in settings) it is ${root} itself.`,
    cause,
  );
}
