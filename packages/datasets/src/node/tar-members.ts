/** Where the members of a tar file lie, without reading them. */
import { type FileHandle, open } from 'node:fs/promises';
import { DataError } from '@kindred/core';
import { Header, type HeaderData, Pax } from 'tar';
import { filePieces } from './file-pieces.js';

/** A file in a tar file. */
export interface TarMember {
  /** With its folders, `train/000001.jpg`. */
  readonly name: string;
  /** Where its bytes begin. */
  readonly offset: number;
  readonly size: number;
}

const block = 512;
/** More is no name. */
const mostNameBytes = 2 ** 20;
const compressions = [
  { name: 'gzip', magic: [0x1f, 0x8b] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
] as const;

/** The content of a tar file. */
export interface TarContent {
  readonly members: readonly TarMember[];
  /** Names of members that are neither files nor folders: links and devices. */
  readonly others: readonly string[];
}

/**
 * The files of a tar file (ustar, GNU or pax), in order. Headers are decoded by the package
 * `tar`; what lies between them is passed over, so that a shard of 1 GB takes no longer than its number of members.
 *
 * @throws DataError if the file cannot be read, is compressed, cut off or no tar file.
 */
export async function tarMembers(where: string, path: string): Promise<TarContent> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (cause) {
    throw new DataError(where, `${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, undefined, cause);
  }
  try {
    return await scan(where, path, file);
  } finally {
    await file.close();
  }
}

async function scan(where: string, path: string, file: FileHandle): Promise<TarContent> {
  const { size: end } = await file.stat();
  const bytesAt = filePieces(file);
  const cutOff = (what: string): DataError =>
    new DataError(where, `${path} is cut off: ${what}, but it has ${end} bytes.`, 'Get it again.');
  const start = await bytesAt(0, Math.min(block, end));
  const compression = compressions.find(({ magic }) => magic.every((byte, i) => start[i] === byte));
  if (compression) {
    const what = `${path} is compressed (${compression.name}), and cannot be read from the middle.`;
    throw new DataError(where, what, 'Unpack it to a plain .tar file.');
  }
  const members: TarMember[] = [];
  const others: string[] = [];
  let own: HeaderData | undefined; // what an extended header says of the next member
  let all: HeaderData | undefined;
  for (let at = 0; ; ) {
    // also where it ends between two members: every writer ends a tar file with empty blocks
    if (end - at < block) throw cutOff(`the block at byte ${at} ends at ${at + block}`);
    const bytes = await bytesAt(at, block);
    const header = decoded(bytes, own, all);
    if (header?.nullBlock) break;
    if (!header?.cksumValid) {
      throw new DataError(where, `${path} has no tar header at byte ${at}.`, at === 0 ? 'Is it a tar file?' : 'It is damaged: get it again.');
    }
    const size = header.size ?? 0;
    const offset = at + block;
    if (offset + size > end) throw cutOff(`its member ${header.path} ends at byte ${offset + size}`);
    const meta = async (): Promise<string> => {
      if (size > mostNameBytes) throw new DataError(where, `${path} has a name of ${size} bytes at byte ${at}.`, 'It is damaged.');
      return (await bytesAt(offset, size)).toString('utf8');
    };
    switch (header.type) {
      case 'ExtendedHeader':
        own = Pax.parse(await meta(), own, false);
        break;
      case 'GlobalExtendedHeader':
        all = Pax.parse(await meta(), all, true);
        break;
      case 'NextFileHasLongPath':
      case 'OldGnuLongPath':
        own = { ...own, path: (await meta()).replace(/\0[^]*$/, '') };
        break;
      case 'NextFileHasLongLinkpath':
        break;
      case 'File':
      case 'OldFile':
      case 'ContiguousFile':
        members.push({ name: header.path!, offset, size });
        own = undefined;
        break;
      default:
        if (header.type !== 'Directory') others.push(header.path!);
        own = undefined;
    }
    at = offset + Math.ceil(size / block) * block;
  }
  return { members, others };
}

/** A header; undefined if the bytes are none at all. */
function decoded(bytes: Buffer, own: HeaderData | undefined, all: HeaderData | undefined): Header | undefined {
  try {
    return new Header(bytes, 0, own, all);
  } catch {
    return undefined;
  }
}
