import type { DatasetSettings } from '@kindred/datasets/node';
import { expect, test } from 'vitest';
import { movedTo } from '../src/index.js';

const moved = (data: unknown, path: string): unknown => movedTo(data, path);

test('an archive or a folder is a root, whatever its name looks like', () => {
  for (const path of ['x/set #2', 'exp: final', '2024', 'true', '{a}']) expect(moved({ name: 'cifar-10', root: 'old' }, path)).toEqual({ name: 'cifar-10', root: path });
  expect(movedTo({ name: 'fashion-mnist' } as DatasetSettings, undefined)).toEqual({ name: 'fashion-mnist' });
});

test('shards move together: those to train on and those of the test images', () => {
  const data = { name: 'webdataset', shards: '/data/set/train-{000000..000146}.tar', test: ['/data/set/val/a.tar', '/data/set/val/b.tar'], imageSize: [8, 8] };
  expect(moved(data, '/other')).toEqual({ ...data, shards: '/other/train-{000000..000146}.tar', test: ['/other/val/a.tar', '/other/val/b.tar'] });
  expect(moved({ name: 'webdataset', shards: 'train-*.tar' }, '/other')).toEqual({ name: 'webdataset', shards: '/other/train-*.tar' });
  expect(moved({ name: 'webdataset', shards: '/a/train.tar', test: '/b/test.tar' }, 'x')).toEqual({ name: 'webdataset', shards: 'x/a/train.tar', test: 'x/b/test.tar' });
  expect(() => moved(data, '/other/train-{0..9}.tar')).toThrowErrorMatchingInlineSnapshot(`
    [SettingsError: --data: has 1 problem
      /other/train-{0..9}.tar  expected the folder of the shards. Name single shards with --set data.shards=...]
  `);
});

test('what is no settings stays as it is, to be refused with the others', () => {
  expect([3, 'text', null].map((each) => moved(each, 'x'))).toEqual([3, 'text', null]);
});
