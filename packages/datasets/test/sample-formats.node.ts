/** Formats beyond 8-bit RGB: pixels are right, or the file is refused by name. Images keep their own sizes here. */
import { type ImageDataset, imagesOf } from '@kindred/core';
import sharp, { type JpegOptions, type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { imageFolder, type ImageFolderOptions } from '../src/node.js';
import { refusal, temporaryFolder, write } from './folder.js';
import golden from './golden/formats.json' with { type: 'json' };

const top = temporaryFolder();
let made = 0;

/** Opens one file. */
async function opened(file: Uint8Array, ending: string, more: Partial<ImageFolderOptions> = {}): Promise<ImageDataset> {
  const root = `${top}/${++made}`;
  await write(root, { [`image.${ending}`]: file });
  return imageFolder({ root, channels: 3, ...more });
}
async function read(file: Uint8Array, ending: string, more: Partial<ImageFolderOptions> = {}): Promise<{ pixels: number[]; shape: number[] }> {
  const [image] = imagesOf(await (await opened(file, ending, more)).read(Int32Array.of(0)));
  return { pixels: [...image!.pixels], shape: [...image!.shape] };
}
/** A picture 5 wide and 3 high in which every pixel differs, so that no turn or mirror leaves it as it is. */
const [width, height] = [5, 3];
const rgb = (x: number, y: number): [number, number, number] => [20 + 40 * x, 30 + 70 * y, 200 - 30 * x + 10 * y];
const grey = (x: number, y: number): number => 10 + 15 * x + 60 * y;
const every = <T>(of: (x: number, y: number) => T, [w, h] = [width, height]): T[] => Array.from({ length: w * h }, (_, i) => of(i % w, Math.floor(i / w)));
const colours = every(rgb).flat();
const greys = every(grey);
const raw = (values: readonly number[], channels: 1 | 2 | 3 | 4): Sharp => sharp(Uint8Array.from(values), { raw: { width, height, channels } });
const distance = (found: readonly number[], expected: readonly number[]): number =>
  found.length === expected.length ? Math.max(...found.map((value, i) => Math.abs(value - expected[i]!))) : Infinity;
const thrice = (values: readonly number[]): number[] => values.flatMap((value) => [value, value, value]);

describe('is read as it is', () => {
  test.each([
    ['PNG', 'png', () => raw(colours, 3).png()],
    ['PNG, interlaced', 'png', () => raw(colours, 3).png({ progressive: true })],
    ['PNG of a palette', 'png', () => raw(colours, 3).png({ palette: true, quality: 100, effort: 10, dither: 0 })],
    ['PNG with an opaque alpha', 'png', () => raw(every((x, y) => [...rgb(x, y), 255]).flat(), 4).png()],
    ['TIFF', 'tif', () => raw(colours, 3).tiff({ compression: 'none' })],
    ['TIFF, compressed', 'TIFF', () => raw(colours, 3).tiff({ compression: 'lzw', predictor: 'horizontal' })],
    ['TIFF in tiles', 'tiff', () => raw(colours, 3).tiff({ tile: true, tileWidth: 16, tileHeight: 16, compression: 'deflate' })],
    ['WebP, lossless', 'webp', () => raw(colours, 3).webp({ lossless: true })],
    ['GIF', 'gif', () => raw(colours, 3).gif({ dither: 0 })],
    ['AVIF, lossless', 'avif', () => raw(colours, 3).avif({ lossless: true, chromaSubsampling: '4:4:4' })],
    ['PNG called JPEG', 'jpg', () => raw(colours, 3).png()],
  ] as const)('%s', async (_, ending, make) => {
    const { pixels, shape } = await read(await make().toBuffer(), ending);
    expect(shape).toEqual([height, width, 3]);
    // a GIF's palette has the colours of the picture, within a level
    expect(distance(pixels, colours)).toBeLessThanOrEqual(ending === 'gif' ? 1 : 0);
  });

  test.each([
    ['grey PNG', 'png', () => raw(greys, 1).toColourspace('b-w').png()],
    ['grey PNG of 4 bits a pixel', 'png', () => raw(every((x, y) => 17 * ((x + 5 * y) % 16)), 1).toColourspace('b-w').png({ palette: true, colours: 16, dither: 0 })],
    ['grey with an opaque alpha', 'png', () => raw(every((x, y) => [grey(x, y), 255]).flat(), 2).toColourspace('b-w').png()],
    ['grey TIFF', 'tif', () => raw(greys, 1).toColourspace('b-w').tiff({ compression: 'none' })],
  ] as const)('%s, in three channels and in one', async (name, ending, make) => {
    const file = await make().toBuffer();
    const expected = name.includes('4 bits') ? every((x, y) => 17 * ((x + 5 * y) % 16)) : greys;
    expect(await read(file, ending)).toEqual({ pixels: thrice(expected), shape: [height, width, 3] });
    expect(await read(file, ending, { channels: 1 })).toEqual({ pixels: expected, shape: [height, width, 1] });
  });

  test('JPEG, baseline and progressive alike, grey too', async () => {
    const large = every((x, y) => [60 + 2 * x, 60 + 3 * y, 120 - x], [48, 40]).flat();
    const of = (options: JpegOptions): Promise<Buffer> => sharp(Uint8Array.from(large), { raw: { width: 48, height: 40, channels: 3 } }).jpeg({ quality: 100, chromaSubsampling: '4:4:4', ...options }).toBuffer();
    const [baseline, progressive] = [await read(await of({}), 'jpg'), await read(await of({ progressive: true }), 'jpeg')];
    expect(baseline.shape).toEqual([40, 48, 3]);
    expect(distance(baseline.pixels, large)).toBeLessThanOrEqual(3); // of the quantisation at quality 100
    expect(progressive).toEqual(baseline);
    const one = await read(await raw(greys, 1).toColourspace('b-w').jpeg({ quality: 100 }).toBuffer(), 'jfif');
    expect(distance(one.pixels, thrice(greys))).toBeLessThanOrEqual(2);
  });
});

describe('is converted', () => {
  test('16 bits to 8: each value to that of 0..255 which it is nearest to or lies above', async () => {
    const deep = Uint16Array.from(every((x, y) => rgb(x, y).map((value) => 257 * value)).flat());
    const file = await sharp(deep, { raw: { width, height, channels: 3 } }).toColourspace('rgb16').png().toBuffer();
    expect((await sharp(file).metadata()).depth).toBe('ushort');
    expect((await read(file, 'png')).pixels).toEqual(colours);
    const one = await sharp(Uint16Array.from(greys, (value) => 257 * value), { raw: { width, height, channels: 1 } }).toColourspace('grey16').png().toBuffer();
    expect((await sharp(one).metadata()).depth).toBe('ushort');
    expect((await read(one, 'png')).pixels).toEqual(thrice(greys));
    expect((await read(one, 'png', { channels: 1 })).pixels).toEqual(greys);
    const tiff = await sharp(deep, { raw: { width, height, channels: 3 } }).toColourspace('rgb16').tiff({ compression: 'none' }).toBuffer();
    expect((await read(tiff, 'tif')).pixels).toEqual(colours);
    // where the scene is dark all of it stays dark: a maximum is not stretched to white
    const dark = await sharp(Uint16Array.from(greys, (value) => value), { raw: { width, height, channels: 1 } }).toColourspace('grey16').png().toBuffer();
    expect(Math.max(...(await read(dark, 'png')).pixels)).toBeLessThanOrEqual(1);
  });

  test.each(golden.cases.map((entry) => [entry.name, entry.ending, entry] as const))('as Pillow writes it: %s, %s', async (_, ending, { file, expected, name }) => {
    const bytes = Buffer.from(file, 'base64');
    if (expected !== null) {
      expect((await read(bytes, ending, { channels: 1 })).pixels).toEqual(expected);
      return;
    }
    // measurements: they were all black, or all white, in silence
    const found = await refusal((await opened(bytes, ending)).read(Int32Array.of(0)), top);
    expect(found).toContain(`image.tif cannot be read as an image (it holds numbers of type ${name === 'float' ? 'float' : 'int'}, expected 8 or 16 bits).`);
    // whatever it is called
    expect(await refusal((await opened(bytes, 'png')).read(Int32Array.of(0)), top)).toContain('expected 8 or 16 bits');
  });

  test('linear light in floating point to sRGB', async () => {
    const deep = Uint16Array.from(colours, (value) => 257 * value);
    const file = await sharp(deep, { raw: { width, height, channels: 3 } }).toColourspace('scrgb').tiff({ compression: 'none' }).toBuffer();
    expect((await sharp(file).metadata()).depth).toBe('float');
    expect(distance((await read(file, 'tif')).pixels, colours)).toBeLessThanOrEqual(1);
  });

  test('five channels are refused by name', async () => {
    const more = [Buffer.alloc(15, 100), Buffer.alloc(15, 200)];
    const file = await raw(colours, 3).joinChannel(more, { raw: { width, height, channels: 1 } }).tiff({ compression: 'none' }).toBuffer();
    expect(await refusal((await opened(file, 'tif')).read(Int32Array.of(0)), top)).toMatch(/image\.tif cannot be read as an image/);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i of EXIF: turned and mirrored as it says', async (orientation) => {
    // where EXIF's definition puts pixel (x, y) of the file, in an image w wide and h high once it is turned
    const place: Record<number, (x: number, y: number) => [number, number]> = {
      1: (x, y) => [x, y], 2: (x, y) => [width - 1 - x, y], 3: (x, y) => [width - 1 - x, height - 1 - y], 4: (x, y) => [x, height - 1 - y],
      5: (x, y) => [y, x], 6: (x, y) => [height - 1 - y, x], 7: (x, y) => [height - 1 - y, width - 1 - x], 8: (x, y) => [y, width - 1 - x],
    };
    const [w, h] = orientation > 4 ? [height, width] : [width, height];
    const expected = Array<number>(w * h * 3);
    every((x, y) => {
      const [toX, toY] = place[orientation]!(x, y);
      rgb(x, y).forEach((value, c) => (expected[(toY * w + toX) * 3 + c] = value));
    });
    for (const [ending, file] of [['png', raw(colours, 3).withMetadata({ orientation }).png()], ['tif', raw(colours, 3).withMetadata({ orientation }).tiff({ compression: 'none' })]] as const) {
      expect(await read(await file.toBuffer(), ending)).toEqual({ pixels: expected, shape: [h, w, 3] });
    }
    // and brought to one size after it was turned
    const { pixels } = await read(await raw(colours, 3).withMetadata({ orientation }).png().toBuffer(), 'png', { imageSize: [h, w] });
    expect(pixels).toEqual(expected);
  });

  test('CMYK and other colour profiles to sRGB', async () => {
    const gentle = every((x, y) => [120 + 10 * x, 130 + 15 * y, 140]).flat();
    const cmyk = await sharp(Uint8Array.from(gentle), { raw: { width, height, channels: 3 } }).toColourspace('cmyk').jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    expect(distance((await read(cmyk, 'jpg')).pixels, gentle)).toBeLessThan(12); // there and back through the profile of a press
    const wide = await raw(colours, 3).withIccProfile('p3').png().toBuffer();
    expect((await sharp(wide).metadata()).icc).toBeDefined();
    expect(distance((await read(wide, 'png')).pixels, colours)).toBeLessThanOrEqual(4);
    const lab = await sharp(Uint8Array.from(gentle), { raw: { width, height, channels: 3 } }).toColourspace('lab').tiff({ compression: 'none' }).toBuffer();
    expect((await sharp(lab).metadata()).space).toBe('lab');
    expect(distance((await read(lab, 'tif')).pixels, gentle)).toBeLessThanOrEqual(3);
  });

  test('transparency over white, of colours, grey and palettes', async () => {
    const over = (value: number, alpha: number): number => Math.round((value * alpha + 255 * (255 - alpha)) / 255);
    const alphaOf = (x: number): number => 51 * x + 51;
    const rgba = every((x, y) => [...rgb(x, y), alphaOf(x)]).flat();
    const expected = every((x, y) => rgb(x, y).map((value) => over(value, alphaOf(x)))).flat();
    expect(distance((await read(await raw(rgba, 4).png().toBuffer(), 'png')).pixels, expected)).toBeLessThanOrEqual(1);
    expect(distance((await read(await raw(rgba, 4).webp({ lossless: true, exact: true } as never).toBuffer(), 'webp')).pixels, expected)).toBeLessThanOrEqual(1);
    const greyAlpha = await raw(every((x, y) => [grey(x, y), alphaOf(x)]).flat(), 2).toColourspace('b-w').png().toBuffer();
    expect(distance((await read(greyAlpha, 'png', { channels: 1 })).pixels, every((x, y) => over(grey(x, y), alphaOf(x))))).toBeLessThanOrEqual(1);
    const clear = await raw(every((x, y) => [...rgb(x, y), x === 0 ? 0 : 255]).flat(), 4).gif({ dither: 0 }).toBuffer();
    const { pixels } = await read(clear, 'gif');
    expect(every((x, y) => pixels[(y * width + x) * 3]!).filter((_, i) => i % width === 0)).toEqual([255, 255, 255]);
  });

  test('an animation, and a file of several pages, is its first image', async () => {
    const frames = await Promise.all([colours, colours.map((value) => 255 - value)].map((values) => raw(values, 3).png().toBuffer()));
    const join = (): Sharp => sharp(frames, { join: { animated: true } });
    for (const [ending, file, off] of [['gif', join().gif({ dither: 0 }), 1], ['webp', join().webp({ lossless: true }), 0], ['tif', join().tiff({ compression: 'none' }), 0]] as const) {
      const found = await read(await file.toBuffer(), ending);
      expect(found.shape).toEqual([height, width, 3]);
      expect(distance(found.pixels, colours)).toBeLessThanOrEqual(off);
    }
  });
});

describe('sizes', () => {
  const big = (w: number, h: number): Promise<Buffer> => sharp({ create: { width: w, height: h, channels: 3, background: '#6080a0' } }).jpeg().toBuffer();

  test('stay as they are up to maximumSide; beyond, the longer side is brought to it and proportions stay', async () => {
    expect((await read(await big(1024, 3), 'jpg')).shape).toEqual([3, 1024, 3]);
    expect((await read(await big(1, 1), 'jpg')).shape).toEqual([1, 1, 3]);
    expect((await read(await big(3000, 2000), 'jpg')).shape).toEqual([683, 1024, 3]);
    expect((await read(await big(100, 400), 'jpg', { maximumSide: 200 })).shape).toEqual([200, 50, 3]);
    expect((await read(await big(3000, 2000), 'jpg', { maximumSide: 5000 })).shape).toEqual([2000, 3000, 3]);
    expect((await read(await big(4000, 1), 'jpg')).shape).toEqual([1, 1024, 3]);
    const turned = await sharp({ create: { width: 2000, height: 500, channels: 3, background: '#6080a0' } }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect((await read(turned, 'jpg')).shape).toEqual([1024, 256, 3]);
  });

  test('beyond the limit of the decoder are refused by name, before memory is asked for', async () => {
    // a PNG that says of itself to be 60,000 by 60,000
    const file = await raw(colours, 3).png().toBuffer();
    file.writeUInt32BE(60_000, 16);
    file.writeUInt32BE(60_000, 20);
    const { crc32 } = await import('node:zlib');
    file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
    const found = await refusal((await opened(file, 'png')).read(Int32Array.of(0)), top);
    expect(found).toMatch(/^DataError: imageFolder: <folder>\/\d+\/image\.png cannot be read as an image \(Input image exceeds pixel limit\)/);
  });
});

describe('a file that is cut short is refused by name', () => {
  test.each([
    ['jpg', () => sharp({ create: { width: 200, height: 150, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 120, sigma: 40 } } }).jpeg()],
    ['jpeg', () => sharp({ create: { width: 200, height: 150, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 120, sigma: 40 } } }).jpeg({ progressive: true })],
    ['png', () => sharp({ create: { width: 200, height: 150, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 120, sigma: 40 } } }).png()],
    ['webp', () => sharp({ create: { width: 200, height: 150, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 120, sigma: 40 } } }).webp()],
    ['gif', () => sharp({ create: { width: 200, height: 150, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 120, sigma: 40 } } }).gif()],
    ['tif', () => sharp({ create: { width: 200, height: 150, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 120, sigma: 40 } } }).tiff({ compression: 'none' })],
    ['avif', () => sharp({ create: { width: 200, height: 150, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 120, sigma: 40 } } }).avif()],
  ] as const)('%s', async (ending, make) => {
    const whole = await make().toBuffer();
    for (const share of [0.02, 0.3, 0.6, 0.95]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      const found = await refusal((await opened(cut, ending)).read(Int32Array.of(0)), top);
      expect(found, `${share} of it`).toMatch(/^DataError: imageFolder: <folder>\/\d+\/image\.\w+ cannot be read as an image \(/);
    }
  });
});
