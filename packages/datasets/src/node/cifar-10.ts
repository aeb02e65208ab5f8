/** CIFAR-10 from its official binary archive. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ArgumentError, DataError, type ImageDataset } from '@kindred/core';
import { list } from 'tar';
import { type CifarContent, decodeCifar } from '../cifar.js';
import { inMemoryDataset } from '../in-memory.js';
import { cacheFolder } from './cache.js';
import { download, type DownloadProgress } from './download.js';

export interface Cifar10Options {
  readonly split: 'train' | 'test';
  /**
   * The archive `cifar-10-binary.tar.gz`, the folder `cifar-10-batches-bin` that it unpacks to, or a folder that holds
   * either. By default `cifar-10` in the cache folder.
   */
  readonly root?: string | undefined;
  /** Whether to download the archive (170 MB) into the folder `root` where it is not there. By default only without `root`. */
  readonly download?: boolean | undefined;
  /** Another address of the same archive. Its checksum is the same. */
  readonly address?: string | undefined;
  /** Told of each piece that arrives. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

const archive = 'cifar-10-binary.tar.gz';
const folder = 'cifar-10-batches-bin';
const official = `https://www.cs.toronto.edu/~kriz/${archive}`;
const md5 = 'c32a1d4ab5d03f1284b67883e8d87530';
const files = {
  train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
  test: ['test_batch.bin'],
} as const;
const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] as const;
/** A file of the archive is 30.7 MB; more is something else. */
const mostBytes = 64 * 2 ** 20;

/**
 * CIFAR-10: 32×32 colour images, 50,000 to train and 10,000 to test, in memory (154 MB and 31 MB). The archive is
 * downloaded once, taken up where it was cut off, and checked against its MD5; or give it as `root`.
 *
 * @throws DataError where neither archive nor folder is found or reached (the message names the file and its address), or
 *   the content is damaged.
 *
 * @example
 * const train = () => cifar10({ split: 'train' }); // downloaded once
 * const test = () => cifar10({ split: 'test', root: '/data/cifar-10-binary.tar.gz' });
 *
 * @see Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"
 */
export async function cifar10(options: Cifar10Options): Promise<ImageDataset> {
  const { split, root = join(cacheFolder(), 'cifar-10') } = options;
  if (!Object.hasOwn(files, split)) throw new ArgumentError('cifar10.split', "'train' or 'test'", split);
  const names = files[split];
  const place = (await find(root, names)) ?? (await fetchInto(root, options));
  const content = await (place.kind === 'archive' ? readArchive(place.path, names) : readFolder(place.path, names));

  const parts: CifarContent[] = names.map((name) => {
    const bytes = content.get(name);
    if (bytes === undefined) throw new DataError('cifar10', `${place.path} has no ${name}.`, whatToPass());
    try {
      return decodeCifar(bytes, 'cifar-10');
    } catch (cause) {
      const message = (cause as Error).message.replace(/^decodeCifar: /, '');
      throw new DataError('cifar10', `${name} of ${place.path}: ${message}`, undefined, cause);
    }
  });
  const images = joined(Uint8Array, parts.map((part) => part.images));
  const labels = joined(Int32Array, parts.map((part) => part.labels));
  return inMemoryDataset({ name: `cifar-10/${split}`, images, imageShape: [32, 32, 3], labels, classes });
}

interface Place {
  readonly kind: 'archive' | 'folder';
  readonly path: string;
}

/** What `root` is or holds; undefined where there is nothing. */
async function find(root: string, names: readonly string[]): Promise<Place | undefined> {
  const status = await stat(root).catch(() => undefined);
  if (status === undefined) return undefined;
  if (status.isFile()) return { kind: 'archive', path: root };
  const entries = await readdir(root);
  if (entries.includes(names[0]!)) return { kind: 'folder', path: root };
  if (entries.includes(folder)) return { kind: 'folder', path: join(root, folder) };
  if (entries.includes(archive)) return { kind: 'archive', path: join(root, archive) };
  const other = entries.find((entry) => /^cifar-10-(python|matlab|batches-(py|mat))/.test(entry));
  if (other) throw new DataError('cifar10', `${join(root, other)} is not the binary version.`, whatToPass());
  return undefined;
}

async function fetchInto(root: string, options: Cifar10Options): Promise<Place> {
  const { address = official, onProgress } = options;
  if (!(options.download ?? options.root === undefined)) {
    throw new DataError('cifar10', `${root} is or holds no ${archive} and no ${folder}.`, whatToPass());
  }
  const path = join(root, archive);
  const remedy = `Get ${archive} from ${official} by other means, and put it at ${path} or pass its path as root.`;
  await download({ where: 'cifar10', address, file: path, md5, remedy, onProgress });
  return { kind: 'archive', path };
}

const whatToPass = (): string => `Pass ${archive} of ${official}, or the folder ${folder} that it unpacks to.`;

async function readFolder(path: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for (const name of names) {
    try {
      content.set(name, await readFile(join(path, name)));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new DataError('cifar10', `${join(path, name)} cannot be read.`, undefined, cause);
    }
  }
  return content;
}

/** The named files of an archive, whatever folder they are in. */
async function readArchive(path: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  const reading: Promise<unknown>[] = [];
  try {
    await list({
      file: path,
      strict: true,
      onReadEntry: (entry) => {
        const name = basename(entry.path);
        if (!names.includes(name) || entry.size > mostBytes) return;
        const read = entry.concat().then((bytes) => content.set(name, bytes));
        read.catch(() => undefined); // a broken archive is reported by \`list\`, once
        reading.push(read);
      },
    });
    await Promise.all(reading);
  } catch (cause) {
    throw new DataError(
      'cifar10',
      `${path} cannot be read as an archive: ${(cause as Error).message}.`,
      `It is cut off or not ${archive}: get it again from ${official}.`,
      cause,
    );
  }
  return content;
}

function joined<A extends Uint8Array | Int32Array>(
  kind: new (length: number) => A,
  parts: readonly A[],
): A {
  const all = new kind(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
