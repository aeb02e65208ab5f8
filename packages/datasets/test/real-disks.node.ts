/** Names and kinds of files that real disks hold: each is read, passed over by name, or refused by name; nothing hangs. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ImageDataset } from '@kindred/core';
import sharp from 'sharp';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { imageFolder, type ImageFolderOptions, type LeftOut } from '../src/node.js';
import { refusal, temporaryFolder, write } from './folder.js';
import { pixelsOf } from './pixels-of.js';

const top = temporaryFolder();
const at = (...parts: string[]): string => join(top, ...parts);
const message = (promise: Promise<unknown>): Promise<string> => refusal(promise, top);
const pngs: Buffer[] = [];
beforeAll(async () => {
  for (let shade = 0; shade < 30; shade++) {
    pngs.push(await sharp({ create: { width: 2, height: 2, channels: 3, background: { r: shade, g: shade, b: shade } } }).png().toBuffer());
  }
});

/** Opens a folder, and what was passed over. */
async function opened(root: string, more: Partial<ImageFolderOptions> = {}): Promise<{ dataset: ImageDataset; leftOut: Record<string, readonly string[]> }> {
  const leftOut: Record<string, readonly string[]> = {};
  const onLeftOut = ({ groups }: LeftOut): void => {
    for (const { reason, count, examples } of groups) leftOut[reason] = [String(count), ...examples];
  };
  return { dataset: await imageFolder({ root, channels: 1, imageSize: [1, 1], onLeftOut, ...more }), leftOut };
}
const shades = async (dataset: ImageDataset): Promise<number[]> => [...(await pixelsOf(dataset, Int32Array.from({ length: dataset.size }, (_, i) => i)))];

describe('names', () => {
  const odd = [
    ' leading and trailing .png', "it's.png", '"quoted".png', 'a[1].png', 'b[access=random].png', '100%.png', '#1.png', 'a\nnew line.png', 'tab\t.png', '-rf.png', '$HOME.png', '`x`.png',
    'back\\slash.png', 'star*?.png', '日本語.png', '🐈‍⬛.png', 'Größe.png', 'עברית.png', `${'long'.repeat(60)}.png`, 'UPPER.PNG', 'Mixed.JpEg', 'two.dots.jpg', 'space .jpeg',
  ];

  test('whatever letters they have, files are read, each its own', async () => {
    const shadeOf = new Map(odd.map((name, i) => [name, i + 1]));
    await write(at('odd'), Object.fromEntries(odd.map((name, i) => [`class ${'é'} [x]/${name}`, pngs[i + 1]!])));
    const { dataset, leftOut } = await opened(at('odd'));
    expect(leftOut).toEqual({});
    expect(dataset.classes).toEqual(['class é [x]']);
    const sorted = [...odd].map((name) => name.normalize('NFC')).sort((a, b) => (a < b ? -1 : 1));
    expect(await shades(dataset)).toEqual(sorted.map((name) => shadeOf.get(name)));
  });

  test('that Unicode can write in two ways are one class, and sorted alike, as macOS and Linux write them', async () => {
    const [apart, together] = ['é'.normalize('NFD'), 'é'.normalize('NFC')];
    for (const [name, form] of [['mac', apart], ['linux', together]] as const) {
      await write(at(name, 'train'), { [`${form}/1.png`]: pngs[1]!, 'f/2.png': pngs[2]!, [`f/${form}.png`]: pngs[3]! });
    }
    const [mac, linux] = [await opened(at('mac'), { split: 'train' }), await opened(at('linux'), { split: 'train' })];
    for (const { dataset } of [mac, linux]) {
      expect([dataset.classes, ...dataset.labels!]).toEqual([['f', together], 0, 0, 1]);
      expect(await shades(dataset)).toEqual([2, 3, 1]);
    }
    expect(mac.dataset.fingerprint).toBe(linux.dataset.fingerprint);
    // train by one, test by the other
    await write(at('mac', 'test'), { [`${together}/1.png`]: pngs[4]! });
    expect((await opened(at('mac'), { split: 'test' })).dataset.classes).toEqual(['f', together]);
    // both in one folder
    await write(at('linux', 'train'), { [`${apart}/0.png`]: pngs[5]! });
    const both = (await opened(at('linux'), { split: 'train' })).dataset;
    expect([both.classes, ...both.labels!]).toEqual([['f', together], 0, 0, 1, 1]);
    expect(await shades(both)).toEqual([2, 3, 5, 1]);
  });

  test('that are no text: a file is passed over by name, a folder refused', async () => {
    await write(at('latin'), { 'a/1.png': pngs[1]! });
    writeFileSync(Buffer.concat([Buffer.from(at('latin', 'a', 'caf')), Buffer.of(0xe9), Buffer.from('.png')]), pngs[2]!);
    const { dataset, leftOut } = await opened(at('latin'));
    expect([dataset.size, leftOut]).toEqual([1, { 'have names that are no UTF-8 text': ['1', 'a/caf\uFFFD.png'] }]);
    mkdirSync(Buffer.concat([Buffer.from(at('latin', 'caf')), Buffer.of(0xe9)]));
    expect(await message(opened(at('latin')))).toBe('DataError: imageFolder: <folder>/latin/caf\uFFFD has a name that is no UTF-8 text. Rename it.');
  });
});

describe('what is no image', () => {
  test('hidden files and what systems leave behind is passed over, also where it looks like images or classes', async () => {
    const image = pngs[1]!;
    await write(at('system'), {
      'a/1.png': image, 'a/.DS_Store': 'x', 'a/._1.png': image, 'a/Thumbs.db': image, 'a/desktop.ini': 'x', '.git/a/1.png': image,
      '__MACOSX/a/1.png': image, '@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg': image, 'a/@eaDir/1.png': image, 'lost+found/1.png': image, '$RECYCLE.BIN/1.png': image,
    });
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { dataset, leftOut } = await opened(at('system'));
    expect([dataset.classes, dataset.size]).toEqual([['a'], 1]);
    expect(Object.entries(leftOut).map(([reason, [count]]) => [reason, count])).toEqual([['have a hidden name, or one that systems give to files of their own', '10']]);
    await imageFolder({ root: at('system'), channels: 1 }); // and need no warning
    expect(warned).not.toHaveBeenCalled();
    await write(at('system'), { 'a/notes.txt': 'x', 'a/raw.CR2': 'x', 'no-ending': 'x', 'list.csv': 'x' });
    await imageFolder({ root: at('system'), channels: 1 });
    expect(warned.mock.calls.map(([text]) => String(text).replaceAll(top, '<folder>'))).toEqual(['<folder>/system: 4 have another ending than an image (list.csv, no-ending, a/notes.txt, ...).']);
    warned.mockRestore();
  });

  test.skipIf(process.platform === 'win32')('pipes, sockets, devices and links to nothing are passed over by name, and nothing waits for them', async () => {
    await write(at('kinds'), { 'a/1.png': pngs[1]! });
    execFileSync('mkfifo', [at('kinds', 'a', 'pipe.png')]);
    await symlink('/dev/zero', at('kinds', 'a', 'endless.png'));
    await symlink(at('nowhere.png'), at('kinds', 'a', 'dangling.png'));
    await symlink(at('kinds', 'a', 'self.png'), at('kinds', 'a', 'self.png'));
    const socket = createServer().listen(at('kinds', 'a', 's.png'));
    await new Promise((resolve) => socket.once('listening', resolve));
    const { dataset, leftOut } = await opened(at('kinds'));
    socket.close();
    expect(await shades(dataset)).toEqual([1]);
    expect(leftOut).toMatchObject({ 'are links to nothing': ['2', expect.stringMatching(/(dangling|self)\.png/), expect.stringMatching(/(dangling|self)\.png/)] });
    expect(leftOut['are pipes, sockets or devices']!.slice(1).sort()).toEqual(['a/endless.png', 'a/pipe.png', 'a/s.png']);
  });

  test('links that lead in circles are passed over by name, in no time', async () => {
    await write(at('circles'), { 'a/1.png': pngs[1]!, 'b/2.png': pngs[2]! });
    for (const name of ['x', 'y', 'z']) await symlink(at('circles'), at('circles', 'a', name));
    await symlink(at('circles', 'b'), at('circles', 'a', 'to-b'));
    await symlink(at('circles', 'a'), at('circles', 'b', 'to-a'));
    const { dataset, leftOut } = await opened(at('circles'));
    // what a link shows beside is there twice, as the links say
    expect([...dataset.labels!]).toEqual([0, 0, 1, 1]);
    expect(await shades(dataset)).toEqual([1, 2, 2, 1]);
    expect(leftOut['are links to a folder above']![0]).toBe('8');
  });

  test('a folder that is deep, and one named like an image, are folders', async () => {
    const deep = Array.from({ length: 40 }, (_, i) => `d${i}`).join('/');
    await write(at('deep'), { [`a/${deep}/1.png`]: pngs[1]!, 'a/x.png/2.png': pngs[2]! });
    await mkdir(at('deep', 'a', 'empty.jpg'));
    expect(await shades((await opened(at('deep'))).dataset)).toEqual([1, 2]);
  });

  test('empty files and files of another kind are unreadable images, named when they are read', async () => {
    await write(at('lies'), { 'a/1.png': pngs[1]!, 'a/2.png': '', 'a/3.png': 'PK\u0003\u0004', 'a/4.png': '<html>', 'a/5.png': '%PDF-1.4', 'a/6.png': Buffer.alloc(100_000) });
    const { dataset } = await opened(at('lies'));
    expect(dataset.size).toBe(6);
    for (let i = 1; i < 6; i++) expect(await message(dataset.read(Int32Array.of(i)))).toMatch(new RegExp(`^DataError: imageFolder: <folder>/lies/a/${i + 1}\\.png cannot be read as an image \\(`));
  });
});

describe('a folder of another layout', () => {
  test('without the split that was asked for says what to write', async () => {
    await write(at('flat'), { 'cats/1.png': pngs[1]!, 'dogs/2.png': pngs[2]! });
    expect(await message(opened(at('flat'), { split: 'train' }))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/flat/train does not exist; <folder>/flat holds cats, dogs. Name the folder that is meant; without a split (data.train=. in settings) it is <folder>/flat itself."`);
    await mkdir(at('hollow'));
    expect(await message(opened(at('hollow'), { split: 'train' }))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/hollow/train does not exist; <folder>/hollow holds nothing. Name the folder that is meant; without a split (data.train=. in settings) it is <folder>/hollow itself."`);
  });
});
