/** The archive that a dataset is published as: found, downloaded, and its members read. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DataError } from '@kindred/core';
import { list } from 'tar';
import { cacheFolder } from './cache.js';
import { download, type DownloadProgress } from './download.js';

/** Where a dataset that is published as an archive comes from. */
export interface ArchiveOptions {
  /**
   * The archive, the folder that it unpacks to, or a folder that holds either. By default a folder of the dataset's name
   * in the cache folder.
   */
  readonly root?: string | undefined;
  /** Whether to download the archive into the folder `root` if it is not there. By default only without `root`. */
  readonly download?: boolean | undefined;
  /** Another address of the same archive. Its checksum is the same. */
  readonly address?: string | undefined;
  /** Called with each piece that arrives. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** The description of an archive. */
export interface Archive {
  /** The name that errors use, `cifar10`. */
  readonly where: string;
  /** The folder in the cache, `cifar-10`. */
  readonly name: string;
  /** The archive's file name. */
  readonly file: string;
  /** The folder that it unpacks to. */
  readonly folder: string;
  readonly address: string;
  /** As published, in hexadecimal. */
  readonly md5: string;
  /** Names of other editions of the same data, which cannot be read. */
  readonly foreign?: RegExp;
  /** All needed members are smaller: a larger one is something else. */
  readonly mostBytes: number;
}

/** What was found. */
export interface Place {
  readonly kind: 'archive' | 'folder';
  readonly path: string;
}

/**
 * Where the data are: what `root` is or holds, else the archive, downloaded.
 *
 * @param member A file that identifies the unpacked folder.
 * @throws DataError if it is not there and may not, or cannot, be downloaded.
 */
export async function locate(archive: Archive, member: string, options: ArchiveOptions): Promise<Place> {
  const { root = join(cacheFolder(), archive.name) } = options;
  return (await find(archive, root, member)) ?? fetchInto(archive, root, options);
}

/**
 * The named members as a whole; missing ones are left out.
 *
 * @throws DataError if the archive is damaged or a file cannot be read.
 */
export async function readMembers(archive: Archive, place: Place, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  return place.kind === 'archive' ? readArchive(archive, place.path, names) : readFolder(archive, place.path, names);
}

/** One of the members. @throws DataError if it is not there. */
export function member(archive: Archive, place: Place, content: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = content.get(name);
  if (bytes === undefined) throw new DataError(archive.where, `${place.path} has no ${name}.`, whatToPass(archive));
  return bytes;
}

/** The last sentence of an error: what would be right. */
export function whatToPass({ file, address, folder }: Archive): string {
  return `Pass ${file} of ${address}, or the folder ${folder} that it unpacks to.`;
}

/** The error for an archive that cannot be read. */
export function notReadable({ where, file, address }: Archive, path: string, cause: unknown): DataError {
  return new DataError(
    where,
    `${path} cannot be read as an archive: ${(cause as Error).message}.`,
    `It is cut off or not ${file}: get it again from ${address}.`,
    cause,
  );
}

/** What `root` is or holds; undefined if it holds neither. */
async function find(archive: Archive, root: string, member: string): Promise<Place | undefined> {
  const status = await stat(root).catch(() => undefined);
  if (status === undefined) return undefined;
  if (status.isFile()) return { kind: 'archive', path: root };
  const entries = await readdir(root);
  if (entries.includes(member)) return { kind: 'folder', path: root };
  if (entries.includes(archive.folder)) return { kind: 'folder', path: join(root, archive.folder) };
  if (entries.includes(archive.file)) return { kind: 'archive', path: join(root, archive.file) };
  const other = entries.find((entry) => archive.foreign?.test(entry));
  if (other) throw new DataError(archive.where, `${join(root, other)} is not the binary version.`, whatToPass(archive));
  return undefined;
}

async function fetchInto(archive: Archive, root: string, options: ArchiveOptions): Promise<Place> {
  const { where, file, folder, address: official, md5 } = archive;
  const { address = official, onProgress } = options;
  if (!(options.download ?? options.root === undefined)) {
    throw new DataError(where, `${root} is or holds no ${file} and no ${folder}.`, whatToPass(archive));
  }
  const path = join(root, file);
  const remedy = `Get ${file} from ${official} by other means, and put it at ${path} or pass its path as root.`;
  await download({ where, address, file: path, md5, remedy, onProgress });
  return { kind: 'archive', path };
}

async function readFolder({ where }: Archive, path: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for (const name of names) {
    try {
      content.set(name, await readFile(join(path, name)));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new DataError(where, `${join(path, name)} cannot be read.`, undefined, cause);
    }
  }
  return content;
}

/** The named files of an archive, in whatever folder they are. */
async function readArchive(archive: Archive, path: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  const reading: Promise<unknown>[] = [];
  try {
    await list({
      file: path,
      strict: true,
      onReadEntry: (entry) => {
        const name = basename(entry.path);
        if (!names.includes(name) || entry.size > archive.mostBytes) return;
        const read = entry.concat().then((bytes) => content.set(name, bytes));
        read.catch(() => undefined); // a broken archive is reported by `list`, once
        reading.push(read);
      },
    });
    await Promise.all(reading);
  } catch (cause) {
    throw notReadable(archive, path, cause);
  }
  return content;
}
