import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Archive, locate, readMembers } from '../src/node/archive.js';
import { unpack } from '../src/node/unpack.js';
import { type ArchiveServer, archiveServer, md5Of, source } from './binary-files.js';
import { temporaryFolder, write } from './folder.js';

const top = temporaryFolder();
const content = { 'a.bin': source(50_000, 7), 'b.bin': source(9, 8) };
let server: ArchiveServer;
let archive: Archive;
let root: string;
let count = 0;

beforeEach(async () => {
  root = join(top, String(count++));
  await write(join(root, 'made', 'inside'), content);
  await create({ gzip: true, file: join(root, 'made.tar.gz'), cwd: join(root, 'made') }, ['inside']);
  server = await archiveServer();
  server.content = await readFile(join(root, 'made.tar.gz'));
  archive = {
    where: 'data',
    name: 'data',
    file: 'data.tar.gz',
    folder: 'inside',
    address: server.address,
    md5: md5Of(server.content),
    mostBytes: 60_000,
  };
});

describe('an archive that is downloaded', () => {
  const fetched = async (): Promise<void> => {
    const place = await locate(archive, 'a.bin', { root: join(root, 'new'), download: true });
    expect(place).toEqual({ kind: 'archive', path: join(root, 'new', 'data.tar.gz') });
    const members = await readMembers(archive, place, ['a.bin', 'b.bin', 'c.bin']);
    expect([...members.keys()]).toEqual(['a.bin', 'b.bin']);
    expect(Buffer.compare(members.get('a.bin')!, content['a.bin'])).toBe(0);
    expect(await readdir(join(root, 'new'))).toEqual(['data.tar.gz']);
  };

  test('is put in place whole, and not fetched twice', async () => {
    await fetched();
    await fetched();
    expect(server.ranges).toEqual([undefined]);
  });

  test('is taken up in the middle where the connection broke, also by a server that knows no ranges', async () => {
    server.breakAt = 1000;
    await fetched();
    expect(server.ranges).toEqual([undefined, 'bytes=1000-']);

    root = join(root, 'again');
    server.breakAt = 2000;
    server.knowsRanges = false;
    await fetched();
    expect(server.ranges.slice(2)).toEqual([undefined, 'bytes=2000-']);
  });

  test('is taken up from what an earlier program left', async () => {
    await mkdir(join(root, 'new'));
    await writeFile(join(root, 'new', 'data.tar.gz.part'), server.content.subarray(0, 500));
    await fetched();
    expect(server.ranges).toEqual(['bytes=500-']);
  });

  test('is unpacked to its members alone, whatever folder they are in', async () => {
    const { path } = await locate(archive, 'a.bin', { root: join(root, 'new'), download: true });
    const folder = await unpack(archive, path, ['b.bin']);
    expect([folder, await readdir(folder)]).toEqual([join(root, 'new', 'inside'), ['b.bin']]);
    expect(await locate(archive, 'b.bin', { root: join(root, 'new') })).toEqual({ kind: 'folder', path: folder });
  });

  test('leaves out a member that is too large to be the right one', async () => {
    const small = { ...archive, mostBytes: 100 };
    const place = await locate(small, 'a.bin', { root: join(root, 'new'), download: true });
    expect([...(await readMembers(small, place, ['a.bin', 'b.bin'])).keys()]).toEqual(['b.bin']);
    await expect(unpack(small, place.path, ['a.bin', 'b.bin'])).rejects.toThrow('has no a.bin');
  });
});
