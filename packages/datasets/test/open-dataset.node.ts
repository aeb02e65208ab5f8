import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { DatasetSettings, openDataset, type UnreadableImage } from '../src/node.js';
import { cifar100Files, stl10Files } from './binary-files.js';
import { refusal, temporaryFolder, write } from './folder.js';
import { pixelsOf } from './pixels-of.js';

const top = temporaryFolder();
const image = sharp({ create: { width: 2, height: 2, channels: 3, background: '#102030' } }).png();

describe('DatasetSettings', () => {
  test('fills in what has a default, and nothing that papers disagree on', () => {
    expect(DatasetSettings.parse({ name: 'fashion-mnist' })).toEqual({ name: 'fashion-mnist' });
    expect(DatasetSettings.parse({ name: 'cifar-10', root: '/data' })).toEqual({ name: 'cifar-10', root: '/data' });
    expect(DatasetSettings.parse({ name: 'image-folder', root: '/data', imageSize: [64, 32] })).toEqual({
      name: 'image-folder',
      root: '/data',
      train: 'train',
      test: 'test',
      imageSize: [64, 32],
      channels: 3,
      fit: 'cover',
      maximumUnreadable: 0,
    });
  });

  test('its parsed form parses to itself', () => {
    const parsed = DatasetSettings.parse({ name: 'image-folder', root: '/data', imageSize: [8, 8], channels: 1, test: 'val' });
    expect(DatasetSettings.parse(parsed)).toEqual(parsed);
  });
});

describe('openDataset', () => {
  test('opens each by its name', async () => {
    expect((await openDataset({ name: 'fashion-mnist' }, 'test')).name).toBe('fashion-mnist/test');
    expect((await openDataset({ name: 'mnist' }, 'test')).name).toBe('mnist/test');
    const record = new Uint8Array(3 * 3073);
    await write(join(top, 'cifar'), { 'test_batch.bin': record });
    const cifar = await openDataset({ name: 'cifar-10', root: join(top, 'cifar') }, 'test');
    expect([cifar.name, cifar.size]).toEqual(['cifar-10/test', 3]);
    const root = await write(join(top, 'cifar-100'), cifar100Files());
    const coarse = await openDataset({ name: 'cifar-100', root, labels: 'coarse' }, 'test');
    expect([coarse.name, coarse.classes?.length]).toEqual(['cifar-100/test', 20]);
    const stl = { name: 'stl-10', root: await write(join(top, 'stl-10'), stl10Files()) } as const;
    const opened = [await openDataset(stl, 'train'), await openDataset({ ...stl, train: 'train+unlabelled' }, 'train'), await openDataset(stl, 'test')];
    expect(opened.map(({ name, size }) => [name, size])).toEqual([['stl-10/train', 3], ['stl-10/train+unlabelled', 5], ['stl-10/test', 2]]);
  });

  test('takes the folder of a split from the settings, the root itself for "."', async () => {
    const told: UnreadableImage[] = [];
    const root = await write(join(top, 'pets'), { 'train/a/1.png': await image.toBuffer(), 'val/a/1.png': 'x' });
    await write(root, { 'val/a/2.png': await image.toBuffer() });
    const settings = { name: 'image-folder', root, imageSize: [2, 2], test: 'val', maximumUnreadable: 0.5 } as const;
    expect((await openDataset(settings, 'train')).name).toBe('pets/train');
    const held = await openDataset(settings, 'test', { onUnreadable: (file) => told.push(file) });
    expect([held.name, held.size]).toEqual(['pets/val', 2]);
    expect([...(await pixelsOf(held, Int32Array.of(0))).slice(0, 3)]).toEqual([0x10, 0x20, 0x30]);
    expect(told.length).toBe(1);
    const whole = await openDataset({ ...settings, root: join(root, 'train'), train: '.' }, 'train');
    expect([whole.name, whole.classes]).toEqual(['train', ['a']]);
  });

  test('prints all problems of the settings together', async () => {
    const open = (settings: object): Promise<string> => refusal(openDataset(settings as { name: 'cifar-10' }, 'train'), top);
    expect(await open({ name: 'emnist' })).toMatchInlineSnapshot(`
      "SettingsError: openDataset.settings: has 1 problem
        name: expected one of fashion-mnist, mnist, cifar-10, cifar-100, stl-10, image-folder, webdataset"
    `);
    expect(await open({})).toMatchInlineSnapshot(`
      "SettingsError: openDataset.settings: has 1 problem
        name: expected one of fashion-mnist, mnist, cifar-10, cifar-100, stl-10, image-folder, webdataset"
    `);
    expect(await open({ name: 'cifar-10', rot: '/data', download: 'yes' })).toMatchInlineSnapshot(`
      "SettingsError: openDataset.settings: has 2 problems
        download: Invalid input: expected boolean, received string
        rot is not a setting."
    `);
    expect(
      await open({ name: 'image-folder', imageSize: [64, 0.5], channels: 2, fit: 'contain', maximumUnreadable: 1 }),
    ).toMatchInlineSnapshot(`
      "SettingsError: openDataset.settings: has 5 problems
        root: Invalid input: expected string, received undefined
        imageSize.1: Invalid input: expected int, received number
        channels: Invalid input
        fit: Invalid option: expected one of "cover"|"fill"
        maximumUnreadable: Too big: expected number to be <1"
    `);
    expect(await open({ name: 'image-folder', root: '/data', imageSize: [64], split: 'train' })).toMatchInlineSnapshot(`
      "SettingsError: openDataset.settings: has 2 problems
        imageSize: Too small: expected array to have >=2 items
        split is not a setting."
    `);
  });
});
