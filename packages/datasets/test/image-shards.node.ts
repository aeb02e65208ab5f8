import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open as openFile, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, inflateSync } from 'node:zlib';
import { type ImageDataset, imagesOf, random } from '@kindred/core';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { batches } from '../src/index.js';
import { tarMembers } from '../src/node/tar-members.js';
import { type ImageShardsOptions, imageShards, type LeftOutGroup, openDataset, type UnreadableImage } from '../src/node.js';
import { datasetContract } from './dataset-contract.js';
import { refusal, temporaryFolder, write } from './folder.js';
import golden from './golden/shards.json' with { type: 'json' };
import { headerOf, tarOf } from './tar-of.js';
import { pixelsOf } from './pixels-of.js';

const top = temporaryFolder();
const at = (...parts: string[]): string => join(top, ...parts);
const message = (promise: Promise<unknown>): Promise<string> => refusal(promise, top);
const open = (shards: string | readonly string[], more: Partial<ImageShardsOptions> = {}): Promise<ImageDataset> =>
  imageShards({ shards, imageSize: [1, 1], channels: 1, cache: false, ...more });

/** Pictures of one shade each, 0..59. */
const pngs: Buffer[] = [];
beforeAll(async () => {
  for (let shade = 0; shade < 60; shade++) {
    const background = { r: shade, g: shade, b: shade };
    pngs.push(await sharp({ create: { width: 2, height: 2, channels: 3, background } }).png().toBuffer());
  }
});
/** Images first..first+count−1 with their number modulo 3 as class. */
const shard = (first: number, count: number): Buffer =>
  tarOf(Array.from({ length: count }, (_, i) => first + i).flatMap((i) => [
    [`${String(i).padStart(6, '0')}.png`, pngs[i]!] as const,
    [`${String(i).padStart(6, '0')}.cls`, String(i % 3)] as const,
  ]));
const all = (dataset: ImageDataset): Promise<Uint8Array> => pixelsOf(dataset, Int32Array.from({ length: dataset.size }, (_, i) => i));

datasetContract('imageShards', async () => {
  await write(at('contract'), { '0.tar': shard(1, 2), '1.tar': shard(3, 2) });
  return open(at('contract'));
});

describe('members of a tar file', () => {
  test.each(golden.cases)('in $format format lie where Python finds them, and are the samples that webdataset reads', async (fixture) => {
    await write(at('golden'), { 'shard.tar': inflateSync(Buffer.from(fixture.tar, 'base64')) });
    const { members } = await tarMembers('test', at('golden', 'shard.tar'));
    expect(members.map(({ name, offset, size }) => [name, offset, size])).toEqual(fixture.members);
    const dataset = await open(at('golden', 'shard.tar'));
    expect([...dataset.labels!]).toEqual(fixture.samples.map(([, label]) => label));
    expect([...(await all(dataset))]).toEqual(fixture.samples.map(([, , shade]) => shade));
  });

  test('lie where they are, whatever their sizes', async () => {
    const contents = fc.array(fc.nat({ max: 100_000 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(contents, async (sizes) => {
        const stream = random(sizes.length);
        const files = sizes.map((size, i) => [`${i}.bin`, Buffer.from(Array.from({ length: Math.min(size, 9) }, () => stream.integer(256)).concat(Array(Math.max(0, size - 9)).fill(7)))] as const);
        const bytes = tarOf(files);
        await write(at('sizes'), { 'x.tar': bytes });
        const { members } = await tarMembers('test', at('sizes', 'x.tar'));
        expect(members.map(({ name }) => name)).toEqual(files.map(([name]) => name));
        members.forEach(({ offset, size }, i) => expect(bytes.subarray(offset, offset + size).equals(files[i]![1])).toBe(true));
      }),
      { numRuns: 30 },
    );
  });

  test('beyond 6 GB are found and read, and what lies between is not', async () => {
    const large = 3 * 2 ** 30;
    await mkdir(at('large'), { recursive: true });
    const file = await openFile(at('large', 'x.tar'), 'w');
    await file.write(headerOf('0.bin', large), 0, 512, 0);
    await file.write(headerOf('1.bin', large), 0, 512, 512 + large);
    const tail = tarOf([['2.png', pngs[42]!]]);
    await file.write(tail, 0, tail.length, 2 * (512 + large)); // holes: no disk is used
    await file.close();
    const started = performance.now();
    expect([...(await all(await open(at('large', 'x.tar'))))]).toEqual([42]);
    expect(performance.now() - started).toBeLessThan(1000);
    await rm(at('large', 'x.tar'));
  });
});

describe('the shards', () => {
  beforeAll(async () => {
    for (let i = 0; i < 12; i++) await write(at('many'), { [`part-${String(i).padStart(3, '0')}.tar`]: shard(3 * i, 3) });
    await write(at('many'), { 'readme.txt': 'x', 'other/x.tar': shard(50, 1) });
  });
  const shades = async (shards: string | readonly string[]): Promise<number[]> => [...(await all(await open(shards)))];
  const numbers = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

  test('are those that braces name, in that order', async () => {
    expect(await shades(at('many', 'part-{000..011}.tar'))).toEqual(numbers(0, 36));
    expect(await shades(at('many', 'part-{003,001}.tar'))).toEqual([9, 10, 11, 3, 4, 5]);
    expect((await open(at('many', 'part-{000..011}.tar'))).name).toBe('part-{000..011}');
  });

  test('are those that stars find, sorted, or every .tar file of a folder', async () => {
    expect(await shades(at('many', '*.tar'))).toEqual(numbers(0, 36));
    expect(await shades(at('many', 'part-01?.tar'))).toEqual(numbers(30, 6));
    expect(await shades(at('many', '{other,many}/../part-00[01].tar'))).toEqual(numbers(0, 6));
    expect(await shades(at('many'))).toEqual(numbers(0, 36));
    expect([(await open(at('many', '*.tar'))).name, (await open(at('many'))).name]).toEqual(['many', 'many']);
  });

  test('of several patterns follow one another, each once', async () => {
    expect(await shades([at('many', 'other', 'x.tar'), at('many', 'part-00{1,2}.tar'), at('many', 'part-00[12].tar')])).toEqual([50, ...numbers(3, 6)]);
  });

  test('that are not there are named', async () => {
    expect(await message(open(at('many', 'part-{010..013}.tar')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/many/part-012.tar does not exist (2 of the 4 shards of <folder>/many/part-{010..013}.tar are missing). Check the path, and the range in braces."`);
    expect(await message(open(at('many', 'none.tar')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/many/none.tar does not exist. Check the path, and the range in braces."`);
    expect(await message(open(at('many', 'none-*.tar')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/many/none-*.tar names no file."`);
    await mkdir(at('empty'), { recursive: true });
    expect(await message(open(at('empty')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/empty names no .tar file."`);
    expect(await message(open([]))).toMatchInlineSnapshot(`"ArgumentError: imageShards.shards: received [], expected at least one path or pattern."`);
  });

  test('are read in any order, shuffled over all of them', async () => {
    const dataset = await open(at('many', 'part-{000..011}.tar'));
    const seen: number[] = [];
    for await (const { samples, sampleIds, labels } of batches(dataset, { batchSize: 7, order: 'shuffled', seed: 3, epoch: 1 })) {
      expect(imagesOf(samples).map(({ pixels }) => pixels[0])).toEqual([...sampleIds]);
      expect([...labels!]).toEqual([...sampleIds].map((id) => id % 3));
      seen.push(...sampleIds);
    }
    expect(seen.sort((a, b) => a - b)).toEqual(numbers(0, 36));
  });

  test.runIf(existsSync('/proc/self/fd'))('are closed after each read', async () => {
    const dataset = await open(at('many'));
    await all(dataset);
    const files = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 3; i++) await all(dataset);
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(files);
  });
});

describe('a sample', () => {
  const of = async (members: readonly (readonly [string, Uint8Array | string])[], more: Partial<ImageShardsOptions> = {}): Promise<ImageDataset> => {
    await write(at('one'), { 'x.tar': tarOf(members) });
    return open(at('one', 'x.tar'), more);
  };

  test('is what has a name in common up to its first dot, near one another or not', async () => {
    const dataset = await of([['b.png', pngs[1]!], ['a/b.png', pngs[2]!], ['b.cls', '4'], ['a/b.seg.png', pngs[9]!], ['a/b.cls', '5'], ['.hidden.png', pngs[9]!], ['a/._b.png', 'x'], ['notes', 'x']]);
    expect([...(await all(dataset))]).toEqual([1, 2]);
    expect([...dataset.labels!]).toEqual([4, 5]);
  });

  test('may be chosen by the ending of its image', async () => {
    const members = [['0.left.png', pngs[1]!], ['0.right.png', pngs[2]!], ['1.left.png', pngs[3]!]] as const;
    expect([...(await all(await of(members, { image: 'left.png' })))]).toEqual([1, 3]);
    expect([...(await all(await of(members, { image: 'right.PNG' })))]).toEqual([2]);
    expect(await message(of(members))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar holds no member with the ending of an image, but left.png, right.png. Name the ending as image."`);
    expect(await message(of([['0.png', 'x'], ['0.jpg', 'x']]))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar has 2 images of 0 (png, jpg). Name one ending as image."`);
    expect(await message(of([['0.png', 'x'], ['0.PNG', 'x']]))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar has two members 0.png. Give every sample a name of its own."`);
    expect(await message(of([['0.txt', 'x']]))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar holds no member with the ending of an image, but txt. Name the ending as image."`);
    expect(await message(of([['0.png', 'x']], { image: '.png' }))).toMatchInlineSnapshot(`"ArgumentError: imageShards.image: received ".png", expected an ending without its dot."`);
  });

  test('has its class as a number, −1 where unknown', async () => {
    const dataset = await of([['0.png', pngs[0]!], ['0.cls', ' 7\n'], ['1.png', pngs[1]!], ['1.cls', '-1']]);
    expect([dataset.classes, ...dataset.labels!]).toEqual([undefined, 7, -1]);
    const named = await of([['0.png', pngs[0]!], ['0.cls', '1']], { classes: ['cat', 'dog'] });
    expect([named.classes, ...named.labels!]).toEqual([['cat', 'dog'], 1]);
  });

  test('has its class as a name, numbered in sorted order', async () => {
    const members = [['0.png', pngs[0]!], ['0.cls', 'dog'], ['1.png', pngs[1]!], ['1.cls', 'cat'], ['2.png', pngs[2]!], ['2.cls', '-1']] as const;
    const dataset = await of(members);
    expect([dataset.classes, ...dataset.labels!]).toEqual([['cat', 'dog'], 1, 0, -1]);
    const given = await of(members, { classes: ['dog', 'cat', 'cow'] });
    expect([given.classes, ...given.labels!]).toEqual([['dog', 'cat', 'cow'], 0, 1, -1]);
    await write(at('one'), { 'y.tar': tarOf([['0.png', pngs[0]!], ['0.cls', 'ant']]) });
    const beside = await of(members, { siblings: at('one', 'y.tar') });
    expect([beside.size, beside.classes, ...beside.labels!]).toEqual([3, ['ant', 'cat', 'dog'], 2, 1, -1]);
  });

  test('has its class in a field of JSON', async () => {
    const members = [['0.png', pngs[0]!], ['0.json', '{"label":3,"about":{"kind":"bird"}}'], ['1.png', pngs[1]!], ['1.json', '{"label":0,"about":{"kind":"ant"}}']] as const;
    expect([...(await of(members)).labels!]).toEqual([3, 0]);
    const nested = await of(members, { label: 'json.about.kind' });
    expect([nested.classes, ...nested.labels!]).toEqual([['ant', 'bird'], 1, 0]);
    expect((await of(members, { label: 'none' })).labels).toBeUndefined();
    expect((await of([['0.png', pngs[0]!], ['0.json', '{"width":3}']])).labels).toBeUndefined();
    expect((await of([['0.png', pngs[0]!]])).labels).toBeUndefined();
  });

  test('whose class is missing or wrong is named', async () => {
    expect(await message(of([['0.png', 'x'], ['0.cls', '1'], ['1.png', 'x']]))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar has 1.png, but no 1.cls with its class. Write -1 where a class is unknown."`);
    expect(await message(of([['0.png', 'x'], ['0.cls', '']]))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 0.cls is empty. Write -1 where a class is unknown."`);
    expect(await message(of([['0.png', 'x'], ['0.cls', '-2']]))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 0.png is of class "-2", expected 0 or more, or -1 where unknown."`);
    expect(await message(of([['0.png', 'x'], ['0.cls', '2']], { classes: ['a', 'b'] }))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 0.png is of class "2", expected one of the 2 classes, or -1 where unknown."`);
    expect(await message(of([['0.png', 'x'], ['0.cls', 'cow']], { classes: ['a', 'b'] }))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 0.png is of class "cow", expected one of the 2 classes, or -1 where unknown."`);
    expect(await message(of([['0.png', 'x'], ['0.cls', 'x'.repeat(2000)]]))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 0.cls has 2000 bytes, expected a class."`);
    expect(await message(of([['0.png', 'x'], ['0.json', '{"label":[1]}']], { label: 'json.label' }))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 0.json has [1] as label, expected a number or a text. Write -1 where a class is unknown."`);
    expect(await message(of([['0.png', 'x'], ['0.json', '{']], { label: 'json.label' }))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 0.json has nothing as label, expected a number or a text. Write -1 where a class is unknown."`);
    await write(at('mixed'), { '0.tar': shard(0, 1), '1.tar': tarOf([['1.png', pngs[1]!]]) });
    expect(await message(open(at('mixed')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/mixed/1.tar has no labels, <folder>/mixed/0.tar has. Add them, or pass label: 'none'."`);
  });

  /** Opens shards, and what was passed over. */
  const told = async (members: readonly (readonly [string, Uint8Array | string])[], more: Partial<ImageShardsOptions> = {}): Promise<{ dataset: ImageDataset; groups: readonly LeftOutGroup[] }> => {
    let groups: readonly LeftOutGroup[] = [];
    const dataset = await of(members, { ...more, onLeftOut: (leftOut) => (groups = leftOut.groups) });
    return { dataset, groups };
  };

  test('without a label in its JSON is of class -1 if others have one, wherever they come, and is counted', async () => {
    const first = [null, 1, 2, 0, 1, 2].flatMap((label, i) => [[`${i}.png`, pngs[i]!], [`${i}.json`, JSON.stringify({ label })]] as [string, Uint8Array | string][]);
    const { dataset, groups } = await told(first);
    expect([...dataset.labels!]).toEqual([-1, 1, 2, 0, 1, 2]);
    expect(groups).toEqual([{ reason: 'have no label in their JSON, and are of class -1, which is unknown', count: 1, examples: ['x.tar: 0.png'] }]);
    const others = await told([['0.png', pngs[0]!], ['0.json', '{"width":2}'], ['1.png', pngs[1]!], ['1.json', '\uFEFF{"label":"dog"}'], ['2.png', pngs[2]!], ['3.png', pngs[3]!], ['3.json', '{']]);
    expect([others.dataset.classes, ...others.dataset.labels!]).toEqual([['dog'], -1, 0, -1, -1]);
    expect(others.groups[0]).toMatchObject({ count: 3, examples: ['x.tar: 0.png', 'x.tar: 2.png', 'x.tar: 3.png'] });
    expect([...(await of([['0.png', pngs[0]!], ['0.json', '{"label":null}']], { onLeftOut: () => undefined })).labels!]).toEqual([-1]);
  });

  test('whose label is a list, a boolean or an object is an error that names it, whether the label was asked for or not', async () => {
    const failing = (label: unknown, more: Partial<ImageShardsOptions> = {}): Promise<string> =>
      message(of([['0.png', pngs[0]!], ['0.json', '{"label":3}'], ['1.png', pngs[1]!], ['1.json', JSON.stringify({ label })]], more));
    expect(await failing([1, 2])).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 1.json has [1,2] as label, expected a number or a text. Write -1 where a class is unknown, or pass label: 'none' to read no labels."`);
    expect(await failing(true)).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 1.json has true as label, expected a number or a text. Write -1 where a class is unknown, or pass label: 'none' to read no labels."`);
    expect(await failing({ id: 4 })).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 1.json has {"id":4} as label, expected a number or a text. Write -1 where a class is unknown, or pass label: 'none' to read no labels."`);
    expect(await failing(true, { label: 'json.label' })).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 1.json has true as label, expected a number or a text. Write -1 where a class is unknown."`);
    expect(await failing(null, { label: 'json.label' })).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 1.json has null as label, expected a number or a text. Write -1 where a class is unknown."`);
    expect(await failing('x'.repeat(100) as never)).toBe('no error');
  });

  test('with ids for classes is numbered by those that occur, in their order, test images included', async () => {
    const of3 = (ids: readonly string[]): [string, Uint8Array | string][] => ids.flatMap((id, i) => [[`${i}.png`, pngs[i]!], [`${i}.cls`, id]]);
    const dataset = await of(of3(['1999999999', '7', '-1', '2000000000000000001', '2000000000000000002', '+7']));
    expect([dataset.classes, ...dataset.labels!]).toEqual([['7', '1999999999', '2000000000000000001', '2000000000000000002'], 1, 0, -1, 2, 3, 0]);
    await write(at('one'), { 'y.tar': tarOf(of3(['1500000000'])) });
    const beside = await of(of3(['1999999999', '7']), { siblings: at('one', 'y.tar') });
    expect([beside.classes, ...beside.labels!]).toEqual([['7', '1500000000', '1999999999'], 2, 0]);
    // numbers of a list of classes stay what they are
    expect([...(await of(of3(['999999', '3']))).labels!]).toEqual([999_999, 3]);
    expect(await message(of(of3(['1999999999', '-5'])))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/one/x.tar: 1.png is of class "-5", expected 0 or more, or -1 where unknown."`);
  });

  test('of no use is counted and named: links, members without an image or an ending, hidden ones', async () => {
    const members: [string, Uint8Array | string][] = [['0.png', pngs[0]!], ['lonely.cls', '3'], ['notes', 'x'], ['a/.hidden.png', 'x'], ['0.cls', '1']];
    const link = headerOf('link.png', 0, 'SymbolicLink');
    await write(at('left'), { 'x.tar': Buffer.concat([link, tarOf(members)]) });
    let groups: readonly LeftOutGroup[] = [];
    const opened = (cache: string | false): Promise<ImageDataset> => open(at('left', 'x.tar'), { cache, onLeftOut: (leftOut) => (groups = leftOut.groups) });
    await opened(at('left', 'cache'));
    const first = groups;
    expect(first).toMatchInlineSnapshot(`
      [
        {
          "count": 1,
          "examples": [
            "x.tar: link.png",
          ],
          "reason": "are links or devices",
        },
        {
          "count": 1,
          "examples": [
            "x.tar: notes",
          ],
          "reason": "have names without an ending",
        },
        {
          "count": 1,
          "examples": [
            "x.tar: a/.hidden.png",
          ],
          "reason": "have a hidden name, or one that systems give to files of their own",
        },
        {
          "count": 1,
          "examples": [
            "x.tar: lonely.cls",
          ],
          "reason": "have no image of their name",
        },
      ]
    `);
    await opened(at('left', 'cache')); // from the list that was kept
    expect(groups).toEqual(first);
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await open(at('left', 'x.tar'));
    expect(warned.mock.calls.map(([text, kind]) => `${String(kind)}: ${String(text)}`.replaceAll(top, '<folder>'))).toMatchInlineSnapshot(`
      [
        "LeftOut: <folder>/left/x.tar: 1 are links or devices (x.tar: link.png); 1 have names without an ending (x.tar: notes); 1 have no image of their name (x.tar: lonely.cls).",
      ]
    `);
    warned.mockRestore();
  });

  test('that is no image is named with its shard, or counted where a share of such is allowed', async () => {
    const told: UnreadableImage[] = [];
    const members = [['0.png', 'text'], ['0.cls', '0'], ['1.png', pngs[1]!], ['1.cls', '1'], ['2.png', pngs[2]!], ['2.cls', '0'], ['3.png', pngs[3]!.subarray(0, 50)], ['3.cls', '1']] as const;
    expect(await message(pixelsOf(await of(members), Int32Array.of(1, 3)))).toMatch(/^DataError: imageShards: <folder>\/one\/x\.tar: 3\.png cannot be read as an image \(.+\)\. Replace or remove it/);
    const mild = await of(members, { maximumUnreadable: 0.5, onUnreadable: (image) => told.push(image) });
    expect([...(await all(mild)), ...(await all(mild))]).toEqual([2, 1, 2, 1, 2, 1, 2, 1]);
    expect(told.map(({ file }) => file.slice(top.length)).sort()).toEqual(['/one/x.tar: 0.png', '/one/x.tar: 3.png']);
    expect(told.map(({ count }) => count)).toEqual([1, 2]);
    const strict = await of(members, { maximumUnreadable: 0.25, onUnreadable: () => undefined });
    expect(await message(all(strict))).toMatch(/^DataError: imageShards: 2 of 4 images cannot be read, more than the share of 0\.25/);
  });
});

test('an unreadable image of a later shard is named with that shard', async () => {
  await write(at('later'), { '0.tar': shard(0, 4), '1.tar': tarOf([['a.png', pngs[1]!], ['a.cls', '0'], ['b.png', 'text'], ['b.cls', '0']]) });
  expect(await message(all(await open(at('later'))))).toContain('<folder>/later/1.tar: b.png cannot be read');
});

describe('a damaged shard', () => {
  test('is an error that names it, wherever it is cut off', async () => {
    const whole = shard(0, 3);
    const ends = [100, 512, 700, 1024, 1500, whole.length - 1024 - 512 - 100, whole.length - 1024];
    for (const end of ends) {
      await write(at('cut'), { 'x.tar': whole.subarray(0, end) });
      expect(await message(open(at('cut', 'x.tar'))), String(end)).toMatch(/^DataError: imageShards: <folder>\/cut\/x\.tar is cut off: .+, but it has \d+ bytes\. Get it again\.$/);
    }
    expect(await message(open(at('cut', 'x.tar')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/cut/x.tar is cut off: the block at byte 6144 ends at 6656, but it has 6144 bytes. Get it again."`);
  });

  test('compressed, empty, of another kind or with a changed header is named', async () => {
    const whole = shard(0, 3);
    const changed = Buffer.from(whole);
    changed[1024 + 3]! ^= 1;
    await write(at('wrong'), { 'a.tar': gzipSync(whole), 'b.tar': '', 'c.tar': pngs[0]!.toString('latin1').padEnd(600), 'd.tar': changed });
    expect(await message(open(at('wrong', 'a.tar')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/wrong/a.tar is compressed (gzip), and cannot be read from the middle. Unpack it to a plain .tar file."`);
    expect(await message(open(at('wrong', 'b.tar')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/wrong/b.tar is cut off: the block at byte 0 ends at 512, but it has 0 bytes. Get it again."`);
    expect(await message(open(at('wrong', 'c.tar')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/wrong/c.tar has no tar header at byte 0. Is it a tar file?"`);
    expect(await message(open(at('wrong', 'd.tar')))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/wrong/d.tar has no tar header at byte 1024. It is damaged: get it again."`);
  });

  test('that went away or was shortened since it was listed is an error, however many images may be unreadable', async () => {
    await write(at('gone'), { 'x.tar': shard(0, 3) });
    const dataset = await open(at('gone', 'x.tar'), { maximumUnreadable: 0.9 });
    await truncate(at('gone', 'x.tar'), 2100);
    expect(await message(pixelsOf(dataset, Int32Array.of(2)))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/gone/x.tar cannot be read (it was shortened). It was there when it was listed."`);
    await rm(at('gone', 'x.tar'));
    expect(await message(pixelsOf(dataset, Int32Array.of(0)))).toMatchInlineSnapshot(`"DataError: imageShards: <folder>/gone/x.tar cannot be read (ENOENT). It was there when it was listed."`);
  });
});

describe('the list of a shard', () => {
  const path = at('listed', 'x.tar');
  const cache = at('listed', 'cache');
  const shades = async (): Promise<number[]> => [...(await all(await open(path, { cache })))];
  /** Writes a shard, with the same time whenever it is called. */
  const put = async (bytes: Buffer, time: number): Promise<void> => {
    await write(top, { 'listed/x.tar': bytes });
    await utimes(path, time, time);
  };

  test('is kept, and is made again once the shard has changed', async () => {
    await put(shard(0, 2), 1000);
    expect(await shades()).toEqual([0, 1]);
    expect((await readdir(cache)).length).toBe(1);
    // as long and as old, but with its images at other places: who lists it again would see them
    const [first, second] = [shard(5, 1), shard(6, 1)];
    const moved = Buffer.concat([first.subarray(0, -1024), second]);
    expect(moved.length).toBe(shard(0, 2).length);
    await put(moved, 1000);
    expect((await open(path, { cache })).labels).toEqual(Int32Array.of(0, 1)); // as it was: 5 and 6 would be of class 2 and 0
    await put(moved, 2000);
    expect((await open(path, { cache })).labels).toEqual(Int32Array.of(2, 0));
    expect(await shades()).toEqual([5, 6]);
    expect((await readdir(cache)).length).toBe(1);
  });

  test('is another one for other members', async () => {
    expect((await open(path, { cache, label: 'none' })).labels).toBeUndefined();
    expect((await open(path, { cache })).labels).toEqual(Int32Array.of(2, 0));
  });

  test('that is damaged is made again', async () => {
    for (const name of await readdir(cache)) {
      const text = await readFile(join(cache, name), 'utf8');
      await writeFile(join(cache, name), text.slice(0, text.length >> 1));
    }
    expect(await shades()).toEqual([5, 6]);
    for (const name of await readdir(cache)) await writeFile(join(cache, name), '{"version":0}');
    expect(await shades()).toEqual([5, 6]);
  });

  test('costs only time where it cannot be kept', async () => {
    await write(top, { 'a-file': 'x' });
    expect([...(await all(await open(path, { cache: at('a-file', 'cache') })))]).toEqual([5, 6]);
    expect((await stat(at('a-file'))).isFile()).toBe(true);
  });
});

describe('the setting webdataset', () => {
  test('opens the shards of either part, their classes numbered together', async () => {
    await write(at('set'), { 'train-0.tar': tarOf([['0.png', pngs[1]!], ['0.cls', 'cat']]), 'train-1.tar': tarOf([['1.png', pngs[2]!], ['1.cls', 'cow']]) });
    await write(at('set'), { 'test-0.tar': tarOf([['0.png', pngs[3]!], ['0.cls', 'cow']]) });
    vi.stubEnv('KINDRED_CACHE', at('set', 'cache'));
    const settings = { name: 'webdataset', shards: at('set', 'train-{0..1}.tar'), test: at('set', 'test-*.tar'), imageSize: [1, 1] } as const;
    const [train, held] = [await openDataset(settings, 'train'), await openDataset(settings, 'test')];
    expect([train.size, train.classes, ...train.labels!]).toEqual([2, ['cat', 'cow'], 0, 1]);
    expect([held.size, held.classes, ...held.labels!]).toEqual([1, ['cat', 'cow'], 1]);
    expect(await message(openDataset({ ...settings, test: undefined }, 'test'))).toMatchInlineSnapshot(`
      "SettingsError: openDataset.settings: has 1 problem
        test: names no shards. Add those of the test images."
    `);
    expect(await readdir(at('set', 'cache', 'shards'))).toHaveLength(3);
    vi.unstubAllEnvs();
  });
});
