/** Emoji as a data set to transfer to: Google's, in nine categories, from the npm package `emoji-datasource-google`. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '@kindred/core';
import { writeFolderAtomic } from '@kindred/core/node';
import { cacheFolder } from '@kindred/datasets/node';
import { list } from 'tar';

const [name, version] = ['emoji-datasource-google', '16.0.0'];

/** What `emoji.json` says of one. */
interface Emoji {
  readonly category: string;
  /** The name of its picture. */
  readonly image: string;
  readonly sort_order: number;
  readonly has_img_google: boolean;
}

/**
 * The folder `<split>/<category>/<code>.png`, 64 x 64, made in the cache when it is asked for first: npm fetches the package (74 MB). Every third emoji, in Unicode's
 * order, is for testing. Without tones of skin, which are the same picture again, and without the category of these tones.
 *
 * @throws DataError if npm cannot fetch the package, or it is not what is expected.
 */
export async function emojiFolder(): Promise<string> {
  const folder = join(cacheFolder(), `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const temporary = await mkdtemp(join(tmpdir(), 'kindred-emoji-'));
  try {
    await promisify(execFile)('npm', ['pack', `${name}@${version}`, '--pack-destination', temporary, '--silent']).catch((cause: unknown) => {
      throw new DataError('emoji', `npm pack ${name}@${version} failed.`, 'It needs npm and a registry; the folder that it makes is kept.', cause);
    });
    const members = await read(join(temporary, `${name}-${version}.tgz`));
    await writeFolderAtomic(folder, emojiFiles(members));
    return folder;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The list of emoji and the pictures of 64 pixels, by file name. */
async function read(archive: string): Promise<ReadonlyMap<string, Buffer>> {
  const members = new Map<string, Buffer>();
  await list({
    file: archive,
    strict: true,
    filter: (path) => path.endsWith('/emoji.json') || path.includes('/img/google/64/'),
    onReadEntry(entry) {
      const parts: Buffer[] = [];
      entry.on('data', (part: Buffer) => parts.push(part));
      entry.on('end', () => members.set(basename(entry.path), Buffer.concat(parts)));
    },
  });
  return members;
}

/**
 * The pictures by split and category, from the package's files by name.
 *
 * @throws DataError without the list of emoji.
 */
export function emojiFiles(members: ReadonlyMap<string, Buffer>): Record<string, Buffer> {
  const about = members.get('emoji.json');
  if (about === undefined) throw new DataError('emoji', `${name} has no emoji.json.`, 'Is it another version?');
  const all = (JSON.parse(about.toString('utf8')) as Emoji[])
    .filter(({ category, image, has_img_google }) => has_img_google && category !== 'Component' && members.has(image))
    .sort((a, b) => a.sort_order - b.sort_order);
  return Object.fromEntries(all.map(({ category, image }, i) => [`${i % 3 === 2 ? 'test' : 'train'}/${category}/${image}`, members.get(image)!]));
}
