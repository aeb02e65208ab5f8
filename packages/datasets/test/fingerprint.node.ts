import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { inMemoryDataset, type InMemoryOptions, subset } from '../src/index.js';
import { imageFolder, imageShards } from '../src/node.js';
import { temporaryFolder, write } from './folder.js';
import { tarOf } from './tar-of.js';

const top = temporaryFolder();
const at = (...parts: string[]): string => join(top, ...parts);

/** Pictures of one shade; a larger one takes more bytes. */
const png = (shade: number, side = 2): Promise<Buffer> =>
  sharp({ create: { width: side, height: side, channels: 3, background: { r: shade, g: shade, b: shade } } }).png().toBuffer();

describe('a folder', () => {
  const folder = async (root: string): Promise<string> => (await imageFolder({ root, imageSize: [2, 2], channels: 3 })).fingerprint;
  beforeAll(async () => void (await write(at('one'), { 'a/1.png': await png(10), 'b/ß 2.png': await png(20), 'b/3.png': await png(30) })));

  test('has one fingerprint wherever it is copied or moved', async () => {
    const first = await folder(at('one'));
    await cp(at('one'), at('elsewhere', 'under another name'), { recursive: true });
    expect(await folder(at('elsewhere', 'under another name'))).toBe(first);
    await rename(at('one'), at('moved'));
    expect(await folder(at('moved'))).toBe(first);
    await rename(at('moved'), at('one'));
  });

  test('has another as soon as a file is added, removed, renamed, or replaced by one of another size', async () => {
    const changed = async (name: string, change: (root: string) => Promise<unknown>): Promise<string> => {
      await cp(at('one'), at(name), { recursive: true });
      await change(at(name));
      return folder(at(name));
    };
    const all = [
      await folder(at('one')),
      await changed('added', async (root) => write(root, { 'a/4.png': await png(10) })),
      await changed('removed', async (root) => rm(join(root, 'b', '3.png'))),
      await changed('renamed', async (root) => rename(join(root, 'a', '1.png'), join(root, 'a', '2.png'))),
      await changed('moved to another class', async (root) => rename(join(root, 'b', '3.png'), join(root, 'a', '3.png'))),
      await changed('resized', async (root) => write(root, { 'a/1.png': await png(10, 40) })),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('shards', () => {
  const shards = async (path: string): Promise<string> => (await imageShards({ shards: path, imageSize: [2, 2], channels: 3, cache: false })).fingerprint;
  const members = async (label = '0'): Promise<(readonly [string, Uint8Array | string])[]> => [['1.png', await png(1)], ['1.cls', label], ['2.png', await png(2)], ['2.cls', '1']];

  test('have one fingerprint wherever they are, and another with other content', async () => {
    await write(at('shards'), { 'x.tar': tarOf(await members()) });
    await write(at('copied'), { 'x.tar': tarOf(await members()) });
    await write(at('labelled anew'), { 'x.tar': tarOf(await members('1')) });
    await write(at('longer'), { 'x.tar': tarOf([...(await members()), ['3.png', await png(3)], ['3.cls', '1']]) });
    const [first, copied, ...others] = await Promise.all(['shards', 'copied', 'labelled anew', 'longer'].map((name) => shards(at(name))));
    expect(copied).toBe(first);
    expect(new Set([first, ...others]).size).toBe(3);
  });
});

describe('values in memory', () => {
  const given: InMemoryOptions = { name: 'x', images: Uint8Array.of(1, 2, 3, 4), imageShape: [1, 2, 1] };
  const of = (more: Partial<InMemoryOptions> = {}): string => inMemoryDataset({ ...given, ...more }).fingerprint;

  test('have a fingerprint of values, shape, labels and classes, not of the name', () => {
    const labels = Int32Array.of(0, 1);
    const all = [of(), of({ images: Uint8Array.of(1, 2, 3, 5) }), of({ imageShape: [2, 1, 1] }), of({ labels }), of({ labels, classes: ['a', 'b'] })];
    expect(new Set(all).size).toBe(all.length);
    expect(of({ name: 'y' })).toBe(all[0]);
    expect(all[0]).toMatchInlineSnapshot(`"a198d8884cef34f0"`);
  });

  test('a subset has that of its dataset with its indices', () => {
    const dataset = inMemoryDataset(given);
    const all = [dataset.fingerprint, subset(dataset, [0, 1]).fingerprint, subset(dataset, [1, 0]).fingerprint, subset(subset(dataset, [1, 0]), [1, 0]).fingerprint];
    expect(new Set(all).size).toBe(all.length);
    expect(subset(inMemoryDataset({ ...given, name: 'y' }), [1, 0], 'z').fingerprint).toBe(all[2]);
  });
});
