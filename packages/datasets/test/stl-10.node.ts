import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeStl10 } from '../src/index.js';
import { stl10 } from '../src/node.js';
import { archiveServer, md5Of, stl10Files } from './binary-files.js';
import { datasetContract } from './dataset-contract.js';
import { refusal, temporaryFolder, write } from './folder.js';
import golden from './golden/binary-formats.json' with { type: 'json' };
import { pixelsOf } from './pixels-of.js';

const top = temporaryFolder();
const inside = 'stl10_binary';
const everything = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i);
/** An archive of its own in a folder of its own. */
async function packed(name: string, files: Record<string, Uint8Array | string> = stl10Files()): Promise<string> {
  await write(join(top, name, inside), files);
  await create({ gzip: true, file: join(top, name, 'stl10_binary.tar.gz'), cwd: join(top, name) }, [inside]);
  await rm(join(top, name, inside), { recursive: true });
  return join(top, name);
}

let folder: string;
beforeAll(async () => {
  folder = await write(join(top, 'unpacked', inside), stl10Files());
});

datasetContract('stl10', () => stl10({ root: folder, split: 'train' }));

describe('stl10', () => {
  test('is what torchvision reads: column by column, labels from 0, −1 for those without', async () => {
    const dataset = await stl10({ root: folder, split: 'train+unlabelled' });
    const images = await pixelsOf(dataset, everything(5));
    expect([dataset.size, ...dataset.imageShape]).toEqual(golden.stl10.shape);
    expect([...dataset.labels!]).toEqual(golden.stl10.labels);
    for (const { at: [i, y, x], rgb } of golden.stl10.pixels) {
      const start = ((i! * 96 + y!) * 96 + x!) * 3;
      expect([...images.subarray(start, start + 3)]).toEqual(rgb);
    }
    expect(md5Of(images)).toBe(golden.stl10.md5);
  });

  test('a split is its file; reading crosses from one to the next', async () => {
    const [train, held, unlabelled, both] = await Promise.all(
      (['train', 'test', 'unlabelled', 'train+unlabelled'] as const).map((split) => stl10({ root: folder, split })),
    );
    expect([train!.size, held!.size, unlabelled!.size, both!.size]).toEqual([3, 2, 2, 5]);
    expect([train!.name, both!.name]).toEqual(['stl-10/train', 'stl-10/train+unlabelled']);
    expect([...held!.labels!]).toEqual([1, 2]);
    expect(held!.classes).toEqual('airplane bird car cat deer dog horse monkey ship truck'.split(' '));
    const crossing = await pixelsOf(both!, Int32Array.of(4, 2, 3));
    const expected = Buffer.concat([
      await pixelsOf(unlabelled!, Int32Array.of(1)),
      await pixelsOf(train!, Int32Array.of(2)),
      await pixelsOf(unlabelled!, Int32Array.of(0)),
    ]);
    expect(Buffer.compare(crossing, expected)).toBe(0);
  });

  test('an archive is unpacked beside itself once, and read from there', async () => {
    const root = await packed('archive', { ...stl10Files(), 'class_names.txt': 'airplane\n' });
    const first = await pixelsOf(await stl10({ root, split: 'test' }), everything(2));
    expect((await readdir(root)).sort()).toEqual([inside, 'stl10_binary.tar.gz']);
    expect(Buffer.compare(first, await pixelsOf(await stl10({ root: folder, split: 'test' }), everything(2)))).toBe(0);
    await writeFile(join(root, 'stl10_binary.tar.gz'), 'no longer needed');
    for (const place of [root, join(root, inside), join(root, 'stl10_binary.tar.gz')]) {
      expect((await stl10({ root: place, split: 'unlabelled' })).size).toBe(2);
    }
  });

  test('programs that unpack at once do each other no harm', async () => {
    const root = await packed('several');
    const found = await Promise.all([1, 2, 3].map(async () => (await stl10({ root, split: 'train' })).size));
    expect(found).toEqual([3, 3, 3]);
    expect((await readdir(root)).sort()).toEqual([inside, 'stl10_binary.tar.gz']);
  });

  test.each([0.1, 0.5, 0.99])('an archive cut off at %d of its length is refused, and no folder is left', async (share) => {
    const root = await packed(`cut-${share}`);
    const whole = await readFile(join(root, 'stl10_binary.tar.gz'));
    await writeFile(join(root, 'stl10_binary.tar.gz'), whole.subarray(0, Math.floor(share * whole.length)));
    expect(await refusal(stl10({ root, split: 'train' }), top)).toMatch(/^DataError: stl10: <folder>\/cut-\S+ (cannot be read as an archive|has no)/);
    expect(await readdir(root)).toEqual(['stl10_binary.tar.gz']);
  });

  test('a program that is killed while it unpacks leaves no folder of that name', async () => {
    const root = await packed('killed', { ...stl10Files(), 'unlabeled_X.bin': new Uint8Array(400 * 27_648) });
    const program = `
      import { stl10 } from '@kindred/datasets/node';
      await stl10({ root: ${JSON.stringify(root)}, split: 'train' });
    `;
    const child = spawn(process.execPath, ['--conditions=@kindred/source', '--import', 'tsx', '--input-type=module', '-e', program], { stdio: 'ignore' });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    while (child.exitCode === null && !(await readdir(root)).some((name) => name.includes('.part-'))) await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill('SIGKILL');
    await gone;
    const left = (await readdir(root)).filter((name) => name === inside);
    // killed in time, or whole: never a part of it
    if (left.length > 0) expect((await readdir(join(root, inside))).length).toBe(5);
    expect((await stl10({ root, split: 'unlabelled' })).size).toBe(400);
  });

  test('a file of another checksum is deleted, not used', async () => {
    const server = await archiveServer();
    server.content = await readFile(join(await packed('served'), 'stl10_binary.tar.gz'));
    server.breakAt = 1000;
    const root = join(top, 'wrong-checksum');
    const message = await refusal(stl10({ root, split: 'train', download: true, address: server.address }), top);
    expect(message.replace(server.address, '<address>').replace(md5Of(server.content), '<md5>')).toMatchInlineSnapshot(`"DataError: stl10: <address> gave a file of MD5 <md5>, expected 91f7769df0f17e558f3565bffb0c7dfb. It was deleted. Get stl10_binary.tar.gz from http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz by other means, and put it at <folder>/wrong-checksum/stl10_binary.tar.gz or pass its path as root."`);
    expect(server.ranges).toEqual([undefined, 'bytes=1000-']);
    expect(await readdir(root)).toEqual([]);
  });

  test('names what is missing or damaged', async () => {
    const message = (root: string, split: 'train' | 'test' = 'train') => refusal(stl10({ root, split }), top);
    expect(await message(join(top, 'nowhere'))).toMatchInlineSnapshot(`"DataError: stl10: <folder>/nowhere is or holds no stl10_binary.tar.gz and no stl10_binary. Pass stl10_binary.tar.gz of http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz, or the folder stl10_binary that it unpacks to."`);
    await mkdir(join(top, 'matlab'));
    await write(join(top, 'matlab'), { 'stl10_matlab.tar.gz': 'x' });
    expect(await message(join(top, 'matlab'))).toMatchInlineSnapshot(`"DataError: stl10: <folder>/matlab/stl10_matlab.tar.gz is not the binary version. Pass stl10_binary.tar.gz of http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz, or the folder stl10_binary that it unpacks to."`);
    const short = await write(join(top, 'short', inside), { ...stl10Files(), 'train_X.bin': new Uint8Array(30_000), 'test_y.bin': Uint8Array.of(1) });
    expect(await message(short)).toMatchInlineSnapshot(`"DataError: stl10: <folder>/short/stl10_binary/train_X.bin has 30000 bytes, expected a multiple of 27648, the length of an image. It is cut off: unpack stl10_binary.tar.gz again."`);
    expect(await message(short, 'test')).toMatchInlineSnapshot(`"DataError: stl10: <folder>/short/stl10_binary/test_y.bin has 1 labels for 2 images. It is damaged: unpack stl10_binary.tar.gz again."`);
    await write(short, { 'test_y.bin': Uint8Array.of(1, 0) });
    expect(await message(short, 'test')).toMatchInlineSnapshot(`"DataError: stl10: <folder>/short/stl10_binary/test_y.bin has label 0 at byte 1, expected 1..10. It is damaged: unpack stl10_binary.tar.gz again."`);
    await rm(join(short, 'test_y.bin'));
    expect(await message(short, 'test')).toMatchInlineSnapshot(`"DataError: stl10: <folder>/short/stl10_binary has no test_y.bin. Pass stl10_binary.tar.gz of http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz, or the folder stl10_binary that it unpacks to."`);
    const without = Object.fromEntries(Object.entries(stl10Files()).filter(([name]) => name !== 'test_X.bin'));
    expect(await message(await packed('without', without))).toMatchInlineSnapshot(`"DataError: stl10: <folder>/without/stl10_binary.tar.gz has no test_X.bin. Pass stl10_binary.tar.gz of http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz, or the folder stl10_binary that it unpacks to."`);
    expect(await refusal(stl10({ root: folder, split: 'unlabeled' as 'test' }), top)).toMatchInlineSnapshot(`"ArgumentError: stl10.split: received "unlabeled", expected 'train', 'test', 'unlabelled' or 'train+unlabelled'."`);
  });

  test('a file that was shortened meanwhile is an error of its own', async () => {
    const root = await write(join(top, 'shrinks', inside), stl10Files());
    const dataset = await stl10({ root, split: 'train' });
    await writeFile(join(root, 'train_X.bin'), new Uint8Array(40_000));
    expect(await refusal(pixelsOf(dataset, Int32Array.of(1)), top)).toMatchInlineSnapshot(`"DataError: stl10: <folder>/shrinks/stl10_binary/train_X.bin ends within record 1. It was shortened since."`);
    await rm(join(root, 'train_X.bin'));
    expect(await refusal(pixelsOf(dataset, Int32Array.of(1)), top)).toMatchInlineSnapshot(`"DataError: stl10: <folder>/shrinks/stl10_binary/train_X.bin cannot be read (ENOENT)."`);
  });

  test.skipIf(process.getuid?.() === 0)('says where it cannot unpack', async () => {
    const root = await packed('closed');
    await chmod(root, 0o555);
    expect(await refusal(stl10({ root, split: 'train' }), top)).toContain('Unpack stl10_binary.tar.gz by other means');
    expect(existsSync(join(root, inside))).toBe(false);
  });
});

describe('decodeStl10', () => {
  test('turns a plane of columns into rows, worked out by hand', () => {
    const bytes = new Uint8Array(27_648);
    bytes[1] = 5; // red, column 0, row 1
    bytes[9216 + 96] = 6; // green, column 1, row 0
    bytes[2 * 9216 + 95 * 96 + 95] = 7; // blue, the last of both
    const image = decodeStl10(bytes);
    expect([image[96 * 3], image[3 + 1], image[27_647]]).toEqual([5, 6, 7]);
    expect(image.reduce((sum, value) => sum + value)).toBe(18);
  });

  test('refuses what is no whole number of images', () => {
    expect(() => decodeStl10(new Uint8Array(5))).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeStl10: received 5 bytes, expected a multiple of 27648, the length of an image. The file is cut off, or not of the binary version.]`);
    expect(() => decodeStl10(new Uint8Array(0))).toThrow('received 0 bytes');
  });
});
