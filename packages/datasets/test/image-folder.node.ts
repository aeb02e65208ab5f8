import { chmod, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type ImageDataset, imagesOf } from '@kindred/core';
import sharp, { type Color, type Sharp } from 'sharp';
import { describe, expect, test, vi } from 'vitest';
import { batches } from '../src/index.js';
import { decodedImages } from '../src/node/decoded-images.js';
import { type ImageFolderOptions, imageFolder, type UnreadableImage } from '../src/node.js';
import { datasetContract } from './dataset-contract.js';
import { refusal, temporaryFolder, write } from './folder.js';
import golden from './golden/resize.json' with { type: 'json' };
import { pixelsOf } from './pixels-of.js';

const top = temporaryFolder();
const at = (...parts: string[]): string => join(top, ...parts);

/** A picture of one colour, losslessly. */
const solid = (background: Color, width = 8, height = 8): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });
const png = (shade: number): Promise<Buffer> => solid({ r: shade, g: shade, b: shade }).png().toBuffer();
/** A photo's worth of detail. */
const detailed = (width: number, height: number, seed = 1): Sharp => {
  const bytes = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 * seed + ((i * i) >> 7)) % 251);
  return sharp(bytes, { raw: { width, height, channels: 3 } });
};
const open = (root: string, more: Partial<ImageFolderOptions> = {}): Promise<ImageDataset> =>
  imageFolder({ root, imageSize: [4, 4], channels: 3, ...more });
/** The first byte of every image: its shade. */
const shades = async (dataset: ImageDataset): Promise<number[]> => {
  const images = await pixelsOf(dataset, Int32Array.from({ length: dataset.size }, (_, i) => i));
  const bytes = images.length / dataset.size;
  return Array.from({ length: dataset.size }, (_, i) => images[i * bytes]!);
};
const message = (promise: Promise<unknown>): Promise<string> => refusal(promise, top);
const quiet = (): void => undefined;
/** Runs `work` without the rights of root, who may read everything. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const user = process.geteuid!();
  if (user === 0) {
    await chmod(top, 0o755);
    process.seteuid!(65_534);
  }
  try {
    return await work();
  } finally {
    process.seteuid!(user);
  }
}

datasetContract('imageFolder', async () => {
  await write(at('contract'), { 'a/1.png': await png(10), 'b/1.png': await png(20), 'b/2.png': await png(30) });
  return open(at('contract'));
});

describe('the list of files', () => {
  test('is sorted by class, then path, by code units: ids are the same on every machine', async () => {
    const paths = ['B/1.png', 'B/10.png', 'B/2.png', 'Z/x.PNG', 'a/Y.png', 'a/sub/1.png', 'a/y.png', 'é/1.png'];
    const order = [5, 0, 7, 3, 1, 6, 2, 4]; // written in another order
    for (const i of order) await write(at('sorted'), { [paths[i]!]: await png(i * 10) });
    const dataset = await open(at('sorted'));
    expect(dataset.name).toBe('sorted');
    expect(dataset.classes).toEqual(['B', 'Z', 'a', 'é']);
    expect([...dataset.labels!]).toEqual([0, 0, 0, 1, 2, 2, 2, 3]);
    expect(await shades(dataset)).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
  });

  test('without class folders there are no labels', async () => {
    await write(at('bare', 'unlabelled'), { '2.png': await png(2), '1.png': await png(1), '3.png': await png(3) });
    const dataset = await open(at('bare'), { split: 'unlabelled' });
    expect([dataset.name, dataset.labels, dataset.classes]).toEqual(['bare/unlabelled', undefined, undefined]);
    expect(await shades(dataset)).toEqual([1, 2, 3]);
  });

  test('passes over names with a dot in front and files that are no images', async () => {
    const image = await png(1);
    await write(at('mixed'), { 'a/1.png': image, 'a/.1.png': image, '.cache/1.png': image, 'a/notes.txt': 'x', 'labels.csv': 'x' });
    expect((await open(at('mixed'))).size).toBe(1);
  });

  test('a class has one number in every split, also where a split lacks it', async () => {
    const image = await png(1);
    await write(at('splits'), { 'train/ant/1.png': image, 'train/bee/1.png': image, 'train/cat/1.png': image });
    await write(at('splits'), { 'test/bee/1.png': image, 'test/cat/1.png': image, 'masks/dog/1.png': image });
    const dataset = await open(at('splits'), { split: 'test' });
    expect(dataset.classes).toEqual(['ant', 'bee', 'cat']);
    expect([...dataset.labels!]).toEqual([1, 2]);
  });

  test('follows links to files and folders', async () => {
    await write(at('linked'), { 'a/1.png': await png(1) });
    await symlink(at('linked', 'a'), at('linked', 'b'));
    await symlink(at('linked', 'a', '1.png'), at('linked', 'a', '2.png'));
    expect([...(await open(at('linked'))).labels!]).toEqual([0, 0, 1, 1]);
  });

  test('takes a folder whose name ends like an image for a folder', async () => {
    await write(at('trap'), { 'a/1.png': await png(1), 'a/x.jpg/2.png': await png(2), 'a/y.jpg/notes.txt': 'x' });
    expect(await shades(await open(at('trap')))).toEqual([1, 2]);
    await write(at('trap-bare'), { '1.png': await png(1), 'y.jpg/notes.txt': 'x' });
    expect(await shades(await open(at('trap-bare')))).toEqual([1]);
  });

  test('names what is wrong with a folder', async () => {
    const image = await png(1);
    await write(at('wrong'), { 'flat/1.png': image, 'train/a/1.png': image, 'val/a/1.png': image, 'data.zip': 'x' });
    expect(await message(open(at('nowhere')))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/nowhere does not exist, expected a folder of images."`);
    expect(await message(open(at('wrong', 'data.zip')))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/wrong/data.zip is a file, expected a folder of images. Unpack an archive first."`);
    expect(await message(open(at('wrong'), { split: 'test' }))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/wrong/test does not exist; <folder>/wrong holds flat, train, val, data.zip. Name the folder that is meant; without a split (data.train=. in settings) it is <folder>/wrong itself."`);

    await write(at('none'), { 'a/readme.md': 'x', 'list.csv': 'x' });
    expect(await message(open(at('none')))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/none holds no images, but a/, list.csv. Expected <class>/<file> or <file> with endings such as .jpg, .png or .webp."`);
    await write(at('both'), { 'a/1.png': image, '2.png': image });
    expect(await message(open(at('both')))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/both holds both images (2.png) and folders of images (a). Put every image into the folder of its class, or all into one folder."`);
    await write(at('foreign'), { 'a/1.png': image, 'a/2.BMP': 'BM' });
    expect(await message(open(at('foreign')))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/foreign/a/2.BMP is of a format that sharp does not read. Convert such images to PNG or JPEG, or move them elsewhere."`);

  });
});

describe('an image', () => {
  /** What becomes of one file. */
  const decoded = async (file: Buffer, more: Partial<ImageFolderOptions> = {}): Promise<number[]> => {
    await rm(at('one'), { recursive: true, force: true });
    await write(at('one'), { '1.png': file });
    return [...(await pixelsOf(await open(at('one'), more), Int32Array.of(0)))];
  };
  const color = (file: Buffer): Promise<number[]> => decoded(file, { imageSize: [1, 1] });
  const grey = (file: Buffer): Promise<number[]> => decoded(file, { imageSize: [1, 1], channels: 1 });
  const orange = { r: 200, g: 100, b: 50 };

  test('is [H, W, C], row-major, in 0..255', async () => {
    // 3 wide, 2 high
    const bytes = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 40, 50, 60, 70, 80, 90);
    const file = await sharp(bytes, { raw: { width: 3, height: 2, channels: 3 } }).png().toBuffer();
    expect(await decoded(file, { imageSize: [2, 3] })).toEqual([...bytes]);
  });

  test.each(golden.cases)('$height×$width by its shorter side to $side×$side is what PIL makes of it', async (fixture) => {
    const { height, width, side } = fixture;
    const planes = (y: number, x: number): number[] =>
      [128 + 100 * Math.sin(x / 5 + y / 9), 128 + 90 * Math.cos((x * y) / 200), (x * 5 + y * 3) % 256].map(Math.floor);
    const bytes = Uint8Array.from(Array.from({ length: height * width }, (_, i) => planes(Math.floor(i / width), i % width)).flat());
    const file = await sharp(bytes, { raw: { width, height, channels: 3 } }).png().toBuffer();
    for (const [channels, expected] of [[3, fixture.color], [1, fixture.grey]] as const) {
      const found = await decoded(file, { imageSize: [side, side], channels });
      const off = found.map((value, i) => Math.abs(value - expected[i]!));
      expect(found.length).toBe(expected.length);
      // the two round in other places; the worst were 6, at the jump of the third plane from 255 to 0, and 0.8
      expect(Math.max(...off)).toBeLessThanOrEqual(8);
      expect(off.reduce((sum, value) => sum + value) / off.length).toBeLessThan(1);
    }
  });

  test('fill changes proportions, cover cuts', async () => {
    // left half black, right half white, 4 wide and 2 high
    const half = Uint8Array.from({ length: 8 * 3 }, (_, i) => (Math.floor(i / 3) % 4 < 2 ? 0 : 255));
    const file = await sharp(half, { raw: { width: 4, height: 2, channels: 3 } }).png().toBuffer();
    expect(await decoded(file, { imageSize: [2, 2], channels: 1, fit: 'cover' })).toEqual([0, 255, 0, 255]);
    const wide = await solid('black', 40, 10).composite([{ input: await solid('white', 10, 10).png().toBuffer(), left: 0, top: 0 }]).png().toBuffer();
    expect((await decoded(wide, { imageSize: [4, 4], channels: 1, fit: 'cover' })).every((value) => value === 0)).toBe(true);
    expect((await decoded(wide, { imageSize: [4, 4], channels: 1, fit: 'fill' }))[0]).toBeGreaterThan(200);
  });

  test('is enlarged where it is smaller', async () => {
    expect(await decoded(await solid(orange, 1, 1).png().toBuffer(), { imageSize: [2, 2] })).toEqual(
      [1, 2, 3, 4].flatMap(() => [200, 100, 50]),
    );
  });

  test('is turned as EXIF says', async () => {
    // top white, bottom black; orientation 6: to be turned a quarter clockwise, so that white is on the right
    const file = await solid('black', 8, 8)
      .composite([{ input: await solid('white', 8, 4).png().toBuffer(), left: 0, top: 0 }])
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer();
    expect(await decoded(file, { imageSize: [8, 8], channels: 1 }).then((pixels) => [pixels[24], pixels[31]])).toEqual([0, 255]);
  });

  test('of 16 bits, of a palette, in grey, in another format is 8-bit sRGB', async () => {
    const whole = [200, 100, 50];
    expect(await color(await solid(orange).toColourspace('rgb16').png().toBuffer())).toEqual(whole);
    expect(await color(await solid(orange).png({ palette: true }).toBuffer())).toEqual(whole);
    expect(await color(await solid(orange).webp({ lossless: true }).toBuffer())).toEqual(whole);
    expect(await color(await solid(orange).tiff().toBuffer())).toEqual(whole);
    expect(await color(await solid(orange).gif().toBuffer())).toEqual(whole);
    expect(await color(await solid(orange).avif({ lossless: true }).toBuffer())).toEqual(whole);
    expect(await color(await solid('#808080').toColourspace('b-w').png().toBuffer())).toEqual([128, 128, 128]);
    expect(await color(await solid('#808080').toColourspace('grey16').png().toBuffer())).toEqual([128, 128, 128]);
  });

  test('in CMYK or with a colour profile is converted, not reinterpreted', async () => {
    const near = (found: number[]): number => Math.max(...[200, 100, 50].map((value, i) => Math.abs(value - found[i]!)));
    // the gamut of print is smaller: the blue of this orange comes back as 21
    expect(near(await color(await solid(orange).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()))).toBeLessThan(35);
    const wide = await solid(orange).withIccProfile('p3').png().toBuffer();
    expect([...(await sharp(wide).raw().toBuffer()).subarray(0, 3)]).not.toEqual([200, 100, 50]);
    expect(near(await color(wide))).toBeLessThan(3);
  });

  test('with transparency is laid over white', async () => {
    const clear = (alpha: number): Sharp => sharp({ create: { width: 8, height: 8, channels: 4, background: { ...orange, alpha } } });
    expect(await color(await clear(0).png().toBuffer())).toEqual([255, 255, 255]);
    expect(await color(await clear(0.5).png().toBuffer())).toEqual([227, 177, 152]);
    expect(await color(await clear(0.5).toColourspace('rgb16').png().toBuffer())).toEqual([227, 177, 152]);
    const greyClear = Buffer.from(Array.from({ length: 64 }, () => [128, 0]).flat());
    expect(await color(await sharp(greyClear, { raw: { width: 8, height: 8, channels: 2 } }).png().toBuffer())).toEqual([255, 255, 255]);
  });

  test('that moves is its first frame', async () => {
    const frames = [await solid('#ff0000').png().toBuffer(), await solid('#0000ff').png().toBuffer()];
    const file = await sharp(frames, { join: { animated: true } }).gif().toBuffer();
    expect((await sharp(file).metadata()).pages).toBe(2);
    expect(await color(file)).toEqual([255, 0, 0]);
  });

  test('in grey has the luma 0.299 R + 0.587 G + 0.114 B', async () => {
    expect(await grey(await solid(orange).png().toBuffer())).toEqual([Math.round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)]);
    expect(await grey(await solid('#ff0000').png().toBuffer())).toEqual([76]);
    expect(await grey(await solid('#808080').toColourspace('b-w').png().toBuffer())).toEqual([128]);
  });

  test('with stray bytes between its markers is read: other libraries do, too', async () => {
    const whole = await detailed(60, 40).jpeg().toBuffer();
    const first = 4 + whole.readUInt16BE(4);
    const stray = Buffer.concat([whole.subarray(0, first), Buffer.of(1, 2, 3), whole.subarray(first)]);
    await expect(sharp(stray, { failOn: 'warning' }).toBuffer()).rejects.toThrow('extraneous bytes');
    expect(await decoded(stray)).toEqual(await decoded(whole));
  });
});

describe('an unreadable image', () => {
  const broken = async (): Promise<Record<string, Uint8Array | string>> => {
    const jpeg = await detailed(60, 40).jpeg().toBuffer();
    const asPng = await detailed(60, 40).png().toBuffer();
    return {
      'cut.jpg': jpeg.subarray(0, jpeg.length >> 1),
      'cut-at-the-end.jpg': jpeg.subarray(0, -2),
      'cut.png': asPng.subarray(0, asPng.length >> 1),
      'empty.jpg': '',
      'text.jpg': 'no image at all',
    };
  };

  test('is an error that names the file, whatever is wrong with it', async () => {
    for (const [name, content] of Object.entries(await broken())) {
      await rm(at('broken'), { recursive: true, force: true });
      await write(at('broken'), { [`a/${name}`]: content });
      const found = await message(pixelsOf(await open(at('broken')), Int32Array.of(0)));
      expect(found).toMatch(/^DataError: imageFolder: <folder>\/broken\/a\/\S+ cannot be read as an image \(.+\)\. /);
      expect(found).toContain(name);
    }
    expect(await message(pixelsOf(await open(at('broken')), Int32Array.of(0)))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/broken/a/text.jpg cannot be read as an image (Input buffer contains unsupported image format). Replace or remove it, or allow a share of such files with maximumUnreadable."`);
  });

  test('that was there when the folder was listed is an error, too', async () => {
    await write(at('gone'), { 'a/1.png': await png(1), 'a/2.png': await png(2) });
    const dataset = await open(at('gone'));
    await rm(at('gone', 'a', '1.png'));
    expect(await message(pixelsOf(dataset, Int32Array.of(1, 0)))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/gone/a/1.png cannot be read as an image (ENOENT: no such file or directory, open '<folder>/gone/a/1.png'). Replace or remove it, or allow a share of such files with maximumUnreadable."`);
    expect((await pixelsOf(dataset, Int32Array.of(1)))[0]).toBe(2);
  });

  test('that this user may not read is an error that names it, or counts as unreadable', async () => {
    await write(at('forbidden'), { 'a/1.png': await png(1), 'a/2.png': await png(2) });
    await chmod(at('forbidden', 'a', '1.png'), 0);
    const told: UnreadableImage[] = [];
    const [strict, mild] = [await open(at('forbidden')), await open(at('forbidden'), { maximumUnreadable: 0.5, onUnreadable: (image) => told.push(image) })];
    await asNobody(async () => {
      expect(await message(pixelsOf(strict, Int32Array.of(0)))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/forbidden/a/1.png cannot be read as an image (EACCES: permission denied, open '<folder>/forbidden/a/1.png'). Replace or remove it, or allow a share of such files with maximumUnreadable."`);
      expect((await pixelsOf(mild, Int32Array.of(0)))[0]).toBe(2);
    });
    expect(told.map(({ reason }) => reason.replaceAll(top, '<folder>'))).toMatchInlineSnapshot(`
      [
        "EACCES: permission denied, open '<folder>/forbidden/a/1.png'",
      ]
    `);

    await chmod(at('forbidden', 'a'), 0);
    expect(await asNobody(() => message(open(at('forbidden'))))).toMatchInlineSnapshot(`"DataError: imageFolder: <folder>/forbidden/a cannot be read (EACCES)."`);
    await chmod(at('forbidden', 'a'), 0o755);
  });

  test('surfaces at its own batch', async () => {
    await write(at('late'), { '1.png': await png(1), '2.png': await png(2), '3.png': 'x', '4.png': await png(4) });
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const batch of batches(await open(at('late')), { batchSize: 1, order: 'sequential' })) seen.push(batch.step);
    };
    expect(await message(loop())).toContain('late/3.png');
    expect(seen).toEqual([0, 1]);
  });

  test('gives way to the next of its class where a share of such is allowed, and is told once', async () => {
    const told: UnreadableImage[] = [];
    await write(at('allowed'), { 'a/1.png': 'x', 'a/2.png': await png(12), 'b/1.png': await png(21) });
    await write(at('allowed'), { 'b/2.png': 'x', 'b/3.png': 'x', 'c/1.png': await png(31) });
    const dataset = await open(at('allowed'), { maximumUnreadable: 0.5, onUnreadable: (image) => told.push(image) });
    expect(await shades(dataset)).toEqual([12, 12, 21, 21, 21, 31]);
    expect(await shades(dataset)).toEqual([12, 12, 21, 21, 21, 31]);
    expect(told.map(({ file }) => file.slice(top.length + 1)).sort()).toEqual(['allowed/a/1.png', 'allowed/b/2.png', 'allowed/b/3.png']);
    expect(told.map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(told[0]!.reason).toBe('Input buffer contains unsupported image format');
  });

  test('is a warning of the process where nobody asks to be told', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await write(at('warned'), { '1.png': 'x', '2.png': await png(2) });
    expect(await shades(await open(at('warned'), { maximumUnreadable: 0.5 }))).toEqual([2, 2]);
    expect(warned.mock.calls.map(([text, kind]) => `${String(kind)}: ${String(text)}`.replaceAll(top, '<folder>'))).toMatchInlineSnapshot(`
      [
        "UnreadableImage: <folder>/warned/1.png cannot be read (Input buffer contains unsupported image format), another of its class stands in for it: 1 so far.",
      ]
    `);
    warned.mockRestore();
  });

  test('without classes gives way to the next of all, the last to the first', async () => {
    await write(at('allowed-bare'), { '1.png': await png(1), '2.png': 'x', '3.png': await png(3), '4.png': 'x' });
    expect(await shades(await open(at('allowed-bare'), { maximumUnreadable: 0.5, onUnreadable: quiet }))).toEqual([1, 3, 3, 1]);
  });

  test('one more than the share is an error, as is a class without any image', async () => {
    await write(at('many'), { 'a/1.png': 'x', 'a/2.png': 'x', 'b/1.png': await png(1), 'b/2.png': await png(2) });
    const [few, enough] = [0.25, 0.5].map((maximumUnreadable) => open(at('many'), { maximumUnreadable, onUnreadable: quiet }));
    expect(await message(pixelsOf(await few!, Int32Array.of(0)))).toMatchInlineSnapshot(`"DataError: imageFolder: 2 of 4 images cannot be read, more than the share of 0.25 that is allowed; the last was <folder>/many/a/2.png (Input buffer contains unsupported image format). Replace or remove them."`);
    expect(await message(pixelsOf(await enough!, Int32Array.of(0)))).toMatchInlineSnapshot(`"DataError: imageFolder: no image of class a can be read."`);
  });
});

describe('reading', () => {
  test('goes on while something else holds the only JavaScript thread, as a training step does', async () => {
    for (let i = 0; i < 12; i++) await write(at('held'), { [`${i}.jpg`]: await detailed(600, 400, i + 1).jpeg().toBuffer() });
    const dataset = await open(at('held'));
    await pixelsOf(dataset, Int32Array.of(0));
    const used = (): number => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
    const before = used();
    const reading = pixelsOf(dataset, Int32Array.from({ length: 12 }, (_, i) => i));
    for (let last = -1; used() - last > 5; ) { // until nobody computes any more
      last = used();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
    const held = used();
    await reading;
    // what is left is to copy 12 small images: 1 ms of some 70
    expect(used() - held).toBeLessThan(0.2 * (held - before));
  });

  test('has a bounded number of images under way, and begins none after an error', async () => {
    let [begun, running, most] = [0, 0, 0];
    const source = {
      name: 'counted',
      size: 40,
      fingerprint: 'counted',
      place: 'counted',
      fileOf: (index: number) => `file ${index}`,
      async open(index: number) {
        most = Math.max(most, ++running);
        begun++;
        await new Promise((resolve) => setTimeout(resolve, 1));
        running--;
        if (index === 0) throw new Error('broken');
        return { pixels: Uint8Array.of(index), shape: [1, 1, 1] as const };
      },
    };
    const decode = (): Promise<never> => Promise.reject(new Error('not asked'));
    const dataset = decodedImages('test', source, decode, { imageSize: [1, 1], channels: 1, concurrency: 3 });
    expect([...(await pixelsOf(dataset, Int32Array.from({ length: 39 }, (_, i) => i + 1)))]).toEqual(Array.from({ length: 39 }, (_, i) => i + 1));
    expect([begun, most]).toEqual([39, 3]);
    begun = 0;
    expect(await message(pixelsOf(dataset, Int32Array.from({ length: 40 }, (_, i) => i)))).toContain('file 0 cannot be read');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(begun).toBeLessThanOrEqual(5);
  });

  test('keeps nothing: memory stays flat over ten epochs of 2 MB images', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let i = 0; i < 4; i++) await write(at('flat'), { [`${i}.jpg`]: await detailed(300, 200, i + 1).jpeg().toBuffer() });
    const dataset = await open(at('flat'), { imageSize: [800, 800] });
    const epoch = async (): Promise<number> => {
      for await (const { samples } of batches(dataset, { batchSize: 2, order: 'sequential', prefetch: 1 })) expect(imagesOf(samples).map(({ pixels }) => pixels.length)).toEqual(Array(2).fill(800 * 800 * 3));
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    await epoch();
    const before = await epoch();
    let after = before;
    for (let i = 0; i < 10; i++) after = await epoch();
    // one image kept in each epoch would be 19 MB; the garbage of a batch, 8 MB, may lie about
    expect(after - before).toBeLessThan(9e6);
  });

  test('refuses options out of range', async () => {
    const call = (more: object): Promise<string> => message(open(at('contract'), more));
    expect(await call({ imageSize: [0, 4] })).toMatchInlineSnapshot(`"ArgumentError: imageFolder.imageSize, channels: received [0,4,3], expected [height, width, channels], each at least 1."`);
    expect(await call({ imageSize: [4] })).toMatchInlineSnapshot(`"ArgumentError: imageFolder.imageSize, channels: received [4,3], expected [height, width, channels], each at least 1."`);
    expect(await call({ channels: 4 })).toMatchInlineSnapshot(`"ArgumentError: imageFolder.channels: received 4, expected 1 or 3."`);
    expect(await call({ fit: 'contain' })).toMatchInlineSnapshot(`"ArgumentError: imageFolder.fit: received "contain", expected 'cover' or 'fill'."`);
    expect(await call({ maximumUnreadable: 1 })).toMatchInlineSnapshot(`"ArgumentError: imageFolder.maximumUnreadable: received 1, expected a share of 0 up to below 1."`);
    expect(await call({ concurrency: 0 })).toMatchInlineSnapshot(`"ArgumentError: imageFolder.concurrency: received 0, expected a whole number above 0."`);
  });
});

const cifarAsJpeg = process.env['KINDRED_CIFAR10_JPEG'];
describe.skipIf(cifarAsJpeg === undefined)('CIFAR-10 as JPEG files at $KINDRED_CIFAR10_JPEG', () => {
  test('is 50,000 and 10,000 images of ten classes', async () => {
    const options = { root: cifarAsJpeg!, imageSize: [32, 32], channels: 3 } as const;
    const [train, held] = [await imageFolder({ ...options, split: 'train' }), await imageFolder({ ...options, split: 'test' })];
    expect([train.size, held.size]).toEqual([50_000, 10_000]);
    expect(train.classes).toEqual('airplane automobile bird cat deer dog frog horse ship truck'.split(' '));
    expect(held.classes).toEqual(train.classes);
    for (const [dataset, perClass] of [[train, 5000], [held, 1000]] as const) {
      for (let label = 0; label < 10; label++) {
        expect(dataset.labels!.filter((found) => found === label).length).toBe(perClass);
      }
    }
    let pixels = 0;
    let sum = 0;
    for await (const { samples, step } of batches(train, { batchSize: 500, order: 'shuffled', seed: 1, epoch: 0 })) {
      for (const { pixels: own } of imagesOf(samples)) {
        for (const value of own) sum += value;
        pixels += own.length;
      }
      if (step === 3) break;
    }
    // the mean over CIFAR-10's channels is 0.473 of 255
    expect(sum / pixels / 255).toBeCloseTo(0.473, 1);
  });
});
