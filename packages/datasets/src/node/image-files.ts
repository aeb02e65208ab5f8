/** Finds the images of a folder, in an order that is the same on every machine. */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DataError } from '@kindred/core';

/** The images of a folder. */
export interface ImageFiles {
  /** The folder that holds them. */
  readonly folder: string;
  /** Paths within the folder, `/` between parts, sorted by class, then by path. */
  readonly paths: readonly string[];
  /** The class of each, where there are classes. */
  readonly labels?: Int32Array;
  /** Names of the classes, sorted. */
  readonly classes?: readonly string[];
}

/** Endings of files that are taken for images, without the dot. */
export const imageEndings: ReadonlySet<string> = new Set('avif gif jfif jpe jpeg jpg png tif tiff webp'.split(' '));
const unreadable = new Set('bmp dib heic heif jp2 j2k jxl pbm pgm ppm tga'.split(' ').map((name) => `.${name}`));
const splits = ['train', 'val', 'validation', 'valid', 'test'];
/** Deeper than any layout; a link to a folder above ends here. */
const mostDepth = 16;

/**
 * Lists `<root>[/<split>]/<class>/.../<file>`, or `<root>[/<split>]/<file>` where there are no classes. Names that begin
 * with a dot and files that are no images by their ending are passed over. Classes are the folders of this split and of
 * its siblings named train, val, validation, valid or test, so that a class has one number in all of them.
 *
 * @throws DataError where the folder is missing or holds no images, or images both with and without a class.
 */
export async function imageFiles(where: string, root: string, split: string | undefined): Promise<ImageFiles> {
  const folder = split === undefined ? root : join(root, split);
  const { files, folders } = await entriesOf(where, folder, root);
  const bare = await imagesIn(where, folder, '', files);
  const byClass = new Map<string, string[]>();
  for (const name of folders) {
    byClass.set(name, await imagesBelow(where, folder, name));
  }
  const classed = [...byClass.values()].some((paths) => paths.length > 0);
  if (bare.length > 0 && classed) {
    throw new DataError(
      where,
      `${folder} holds both images (${bare[0]}) and folders of images (${folders.find((name) => byClass.get(name)!.length > 0)}).`,
      'Put every image into the folder of its class, or all into one folder.',
    );
  }
  if (bare.length > 0) return { folder, paths: bare };
  if (!classed) {
    const held = [...folders.map((name) => `${name}/`), ...files].slice(0, 5);
    throw new DataError(
      where,
      `${folder} holds no images, but ${held.length > 0 ? held.join(', ') : 'nothing'}.`,
      'Expected <class>/<file> or <file> with endings such as .jpg, .png or .webp.',
    );
  }

  const classes = new Set(folders);
  if (split !== undefined) {
    for (const sibling of splits.filter((name) => name !== split)) {
      if (await isFolder(join(root, sibling))) {
        for (const name of (await entriesOf(where, join(root, sibling), root)).folders) classes.add(name);
      }
    }
  }
  const names = [...classes].sort(byCodeUnits);
  const paths = names.flatMap((name) => byClass.get(name) ?? []);
  const labels = Int32Array.from(names.flatMap((name, label) => (byClass.get(name) ?? []).map(() => label)));
  return { folder, paths, labels, classes: names };
}

/** Independent of the machine's language, unlike `localeCompare`. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function imagesBelow(where: string, top: string, path: string, depth = 1): Promise<string[]> {
  if (depth > mostDepth) {
    throw new DataError(where, `${join(top, path)} is ${depth} folders deep.`, 'Is a link in it to a folder above?');
  }
  const { files, folders } = await entriesOf(where, join(top, path));
  const found = await imagesIn(where, top, `${path}/`, files);
  for (const name of folders) {
    for (const below of await imagesBelow(where, top, `${path}/${name}`, depth + 1)) found.push(below);
  }
  return found.sort(byCodeUnits);
}

async function imagesIn(where: string, top: string, prefix: string, files: readonly string[]): Promise<string[]> {
  const foreign = files.find((name) => unreadable.has(extname(name).toLowerCase()));
  if (foreign !== undefined) {
    throw new DataError(
      where,
      `${join(top, prefix, foreign)} is of a format that sharp does not read.`,
      'Convert such images to PNG or JPEG, or move them elsewhere.',
    );
  }
  return files
    .filter((name) => imageEndings.has(extname(name).slice(1).toLowerCase()))
    .map((name) => prefix + name)
    .sort(byCodeUnits);
}

/** Files and folders in a folder, sorted, links followed, names with a leading dot left out. */
async function entriesOf(where: string, folder: string, root?: string): Promise<{ files: string[]; folders: string[] }> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw await noFolder(where, folder, root, cause);
  }
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const isFolderEntry = entry.isSymbolicLink() ? await isFolder(join(folder, entry.name)) : entry.isDirectory();
    (isFolderEntry ? folders : files).push(entry.name);
  }
  return { files: files.sort(byCodeUnits), folders: folders.sort(byCodeUnits) };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function noFolder(where: string, folder: string, root: string | undefined, cause: unknown): Promise<DataError> {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOTDIR') {
    return new DataError(where, `${folder} is a file, expected a folder of images.`, 'Unpack an archive first.', cause);
  }
  if (code !== 'ENOENT') return new DataError(where, `${folder} cannot be read (${code}).`, undefined, cause);
  if (root === undefined || root === folder || !(await isFolder(root))) {
    return new DataError(where, `${root ?? folder} does not exist, expected a folder of images.`, undefined, cause);
  }
  const present = (await entriesOf(where, root)).folders.slice(0, 8).join(', ');
  return new DataError(where, `${folder} does not exist.`, `${root} holds ${present || 'no folders'}.`, cause);
}
