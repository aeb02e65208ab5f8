/** Sheets of views: what is on them, and what is refused. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { augmentationPresets } from '@kindred/augmentations';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { writePreview, type WritePreviewOptions } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'kindred-preview-'));
const pictures = join(folder, 'pictures');
const picture = join(pictures, 'picture.png');
const [side, tile] = [32, 32];
/** Columns differ, rows differ, colours differ: a view that is turned, mirrored or mixed up is another. */
const pixels = Buffer.from(Uint8Array.from({ length: side * side * 3 }, (_, i) => [7 * (Math.floor(i / 3) % side), 5 * Math.floor(i / 3 / side), 200][i % 3]!));

const preview = (options: Partial<WritePreviewOptions>): ReturnType<typeof writePreview> =>
  writePreview({ views: 'cropOnly', data: picture, seed: 1, tile, out: join(folder, 'sheet.png'), bringUpEngine: () => Promise.resolve(), ...options });
const settings = (content: unknown, name = 'views.json'): string => {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
};

interface Sheet {
  readonly rows: number;
  readonly width: number;
  readonly height: number;
  /** The pixels of a square on the sheet. */
  at(x: number, y: number): Promise<Buffer>;
}

async function sheetOf(options: Partial<WritePreviewOptions>): Promise<Sheet> {
  const size = await preview(options);
  const file = options.out ?? join(folder, 'sheet.png');
  const { width, height, format } = await sharp(file).metadata();
  expect({ width, height, format }).toEqual({ width: size.width, height: size.height, format: 'png' });
  return { ...size, at: (x, y) => sharp(file).extract({ left: x, top: y, width: tile, height: tile }).removeAlpha().raw().toBuffer() };
}

/** Where the tiles of a sheet with the label `picture.png` are. */
const [left, top] = [10 + 'picture.png'.length * 7 + 4, 50];
const viewAt = (column: number): number => left + tile + 12 + column * (tile + 4);

beforeAll(async () => {
  mkdirSync(pictures);
  await sharp(pixels, { raw: { width: side, height: side, channels: 3 } }).png().toFile(picture);
});

describe('a sheet', () => {
  test('shows the image, and beside it what each view makes of it', async () => {
    const views = settings({ flip: { probability: 1 } });
    const sheet = await sheetOf({ views, draws: 2 });
    expect(sheet.rows).toBe(1);
    expect((await sheet.at(left, top)).equals(pixels)).toBe(true);
    const mirrored = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } }).flop().raw().toBuffer();
    expect((await sheet.at(viewAt(0), top)).equals(mirrored)).toBe(true);
    expect((await sheet.at(viewAt(1), top)).equals(mirrored)).toBe(true);
  });

  test('shows normalised views as they were before', async () => {
    const views = settings({ normalize: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } });
    const sheet = await sheetOf({ views, draws: 1 });
    expect((await sheet.at(viewAt(0), top)).equals(pixels)).toBe(true);
  });

  test('is the same for the same seed, and another for another', async () => {
    const views = async (seed: number): Promise<Buffer> => {
      const sheet = await sheetOf({ views: 'byol', draws: 1, seed });
      return sheet.at(viewAt(0), top);
    };
    const first = await views(3);
    expect((await views(3)).equals(first)).toBe(true);
    expect((await views(4)).equals(first)).toBe(false);
  });

  test('keeps the share of smaller views: 16 pixels beside 32 are half as large, in the middle', async () => {
    const views = settings([{ flip: { probability: 1 } }, { crop: { area: [1, 1], aspect: [1, 1], interpolation: 'bilinear', sampler: 'torchvision' }, size: [16, 16] }]);
    const sheet = await sheetOf({ views, draws: 1 });
    const small = await sheet.at(viewAt(1) + 8, top); // apart from the first view's draws by 8
    const colour = (x: number, y: number): number[] => [...small.subarray((y * tile + x) * 3, (y * tile + x) * 3 + 3)];
    expect(colour(7, 16)).toEqual([255, 255, 255]);
    expect(colour(8, 16)[2]).toBe(200);
    expect(colour(23, 16)[2]).toBe(200);
    expect(colour(24, 16)).toEqual([255, 255, 255]);
  });

  test('of all presets has a row for each', async () => {
    const { rows } = await preview({ views: 'all', draws: 1, tile: 16 });
    expect(rows).toBe(Object.keys(augmentationPresets).length);
  });

  test('takes views from the settings of a run, by name too, and images from datasets and folders; grey ones are shown in grey', async () => {
    const run = settings({ name: 'x', views: 'nnclr', data: { name: 'fashion-mnist' } }, 'run.json');
    expect((await preview({ views: run, data: run, count: 2 })).rows).toBe(2);
    expect((await preview({ data: '{name: fashion-mnist}', count: 3 })).rows).toBe(3);
    expect((await preview({ data: pictures, count: 5 })).rows).toBe(1);
  });
});

describe('refused', () => {
  const message = async (options: Partial<WritePreviewOptions>): Promise<string> =>
    preview(options).then(() => 'written', (error: Error) => error.message.replaceAll(folder, '<folder>'));

  test('views that are no preset, no file or wrong', async () => {
    expect(await message({ views: 'simcrl' })).toContain('simcrl  is not a preset. Did you mean simclr? There are simclrV1, simclr,');
    expect(await message({ views: 'photographs' })).not.toContain('Did you mean');
    expect(await message({ views: join(folder, 'none.json') })).toMatchInlineSnapshot(`"<folder>/none.json: cannot be read (ENOENT). Check the path."`);
    expect(await message({ views: settings([{ flip: { probabilty: 0.5 } }]) })).toMatchInlineSnapshot(`
      "<folder>/views.json: has 2 problems
        0.flip.probability  expected number, received nothing
        0.flip.probabilty   is not a setting. Did you mean probability?"
    `);
    expect(await message({ views: settings({ crop: { area: [0.5, 0.1] } }) })).toMatchInlineSnapshot(`
      "<folder>/views.json: has 4 problems
        crop.area           expected [min, max] with min not above max
        crop.aspect         expected tuple, received nothing
        crop.interpolation  expected one of "bilinear"|"bicubic", received nothing
        crop.sampler        expected one of "torchvision"|"tensorflow"|"byol", received nothing"
    `);
  });

  test('images that are nowhere, or none', async () => {
    expect(await message({ data: '/nowhere' })).toMatchInlineSnapshot(`"--data /nowhere: is neither a dataset nor a path. Datasets are fashion-mnist, mnist, cifar-10, cifar-100, stl-10, image-folder, webdataset."`);
    expect(await message({ data: '{name: cifar-11}' })).toMatchInlineSnapshot(`
      "--data: has 1 problem
        name  expected one of fashion-mnist, mnist, cifar-10, cifar-100, stl-10, image-folder, webdataset, received "cifar-11""
    `);
    expect(await message({ data: '{name: [' })).toContain('cannot be parsed');
    writeFileSync(join(folder, 'text.jpg'), 'not a picture');
    expect(await message({ data: join(folder, 'text.jpg') })).toMatchInlineSnapshot(`"<folder>/text.jpg: cannot be read as an image (Input file contains unsupported image format). JPEG, PNG, WebP, AVIF, TIFF, GIF and SVG can, if they are whole."`);
    writeFileSync(join(folder, 'cut.png'), readFileSync(picture).subarray(0, 500));
    expect(await message({ data: join(folder, 'cut.png') })).toMatch(/^<folder>\/cut\.png: cannot be read as an image \(.*(end|truncated|IDAT|read).*\)\. JPEG, PNG, WebP, AVIF, TIFF, GIF and SVG can, if they are whole\.$/);
  });

  test('a path that cannot be written, by name and without a trace', async () => {
    expect(await message({ out: join(picture, 'sheet.png'), draws: 1 })).toMatchInlineSnapshot(`"<folder>/pictures/picture.png/sheet.png: could not be written (EEXIST). Part of the path is a file. Choose another place."`);
    expect(readdirSync(pictures)).toEqual(['picture.png']);
  });

  test('a view for images of another size', async () => {
    expect(await message({ views: settings({ flip: { probability: 1 }, size: [16, 16] }) })).toMatchInlineSnapshot(`"viewPipeline: images is [1, 32, 32, 3], expected [N, 16, 16, 3]. Only a crop changes the size; nothing changes the channels."`);
  });
});
