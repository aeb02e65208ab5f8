import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { create } from 'tar';
import { beforeAll, describe, expect, test } from 'vitest';
import { cifar100 } from '../src/node.js';
import { archiveServer, cifar100Files, md5Of } from './binary-files.js';
import { datasetContract } from './dataset-contract.js';
import { refusal, temporaryFolder, write } from './folder.js';
import golden from './golden/binary-formats.json' with { type: 'json' };
import { pixelsOf } from './pixels-of.js';

const top = temporaryFolder();
const inside = 'cifar-100-binary';
let archive: string;
beforeAll(async () => {
  await write(join(top, 'unpacked', inside), cifar100Files());
  archive = join(top, 'cifar-100-binary.tar.gz');
  await create({ gzip: true, file: archive, cwd: join(top, 'unpacked') }, [inside]);
});

datasetContract('cifar100', () => cifar100({ root: archive, split: 'train' }));

describe('cifar100', () => {
  test('is what numpy reads: coarse label, fine label, three planes', async () => {
    for (const root of [archive, join(top, 'unpacked'), join(top, 'unpacked', inside)]) {
      const dataset = await cifar100({ root, split: 'train' });
      const images = await pixelsOf(dataset, Int32Array.of(0, 1, 2));
      expect([dataset.size, ...dataset.imageShape]).toEqual(golden.cifar100.shape);
      expect([...dataset.labels]).toEqual(golden.cifar100.fine);
      expect([...dataset.coarseLabels]).toEqual(golden.cifar100.coarse);
      for (const { at: [i, y, x], rgb } of golden.cifar100.pixels) {
        const start = ((i! * 32 + y!) * 32 + x!) * 3;
        expect([...images.subarray(start, start + 3)]).toEqual(rgb);
      }
      expect(md5Of(images)).toBe(golden.cifar100.md5);
    }
  });

  test('labels are the fine ones, or the coarse ones where asked for; names are those of the archive', async () => {
    const fine = await cifar100({ root: archive, split: 'test' });
    expect([fine.name, fine.size, [...fine.labels], fine.classes.length, fine.classes[2]]).toEqual(['cifar-100/test', 1, [2], 100, 'fine_2']);
    const coarse = await cifar100({ root: archive, split: 'test', labels: 'coarse' });
    expect([[...coarse.labels], coarse.classes.length, coarse.classes[1]]).toEqual([[1], 20, 'coarse_1']);
    expect([[...coarse.fineLabels], coarse.fineClasses]).toEqual([[2], fine.classes]);
    expect(await refusal(cifar100({ root: archive, split: 'test', labels: 'both' as 'fine' }), top)).toMatchInlineSnapshot(`"ArgumentError: cifar100.labels: received "both", expected 'fine' or 'coarse'."`);
  });

  test('names what is missing or damaged', async () => {
    const message = (root: string) => refusal(cifar100({ root, split: 'train' }), top);
    expect(await message(join(top, 'nowhere'))).toMatchInlineSnapshot(`"DataError: cifar100: <folder>/nowhere is or holds no cifar-100-binary.tar.gz and no cifar-100-binary. Pass cifar-100-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz, or the folder cifar-100-binary that it unpacks to."`);
    await write(join(top, 'python'), { 'cifar-100-python.tar.gz': 'x' });
    expect(await message(join(top, 'python'))).toMatchInlineSnapshot(`"DataError: cifar100: <folder>/python/cifar-100-python.tar.gz is not the binary version. Pass cifar-100-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz, or the folder cifar-100-binary that it unpacks to."`);
    const without = await write(join(top, 'without'), cifar100Files());
    await rm(join(without, 'fine_label_names.txt'));
    expect(await message(without)).toMatchInlineSnapshot(`"DataError: cifar100: <folder>/without has no fine_label_names.txt. Pass cifar-100-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz, or the folder cifar-100-binary that it unpacks to."`);
    const wrong = new Uint8Array(3074).fill(20);
    expect(await message(await write(join(top, 'wrong'), { ...cifar100Files(), 'train.bin': wrong }))).toMatchInlineSnapshot(`"DataError: cifar100: train.bin of <folder>/wrong: record 0 has coarse label 20, expected 0..19. The file is damaged, or not of the binary version."`);
    const whole = await readFile(archive);
    await writeFile(join(top, 'cut.tar.gz'), whole.subarray(0, whole.length >> 1));
    expect(await message(join(top, 'cut.tar.gz'))).toMatch(/^DataError: cifar100: <folder>\/cut.tar.gz (cannot be read as an archive|has no)/);
  });

  test('a file of another checksum is refused', async () => {
    const server = await archiveServer();
    server.content = await readFile(archive);
    const options = { root: join(top, 'served'), split: 'train', download: true, address: server.address } as const;
    expect(await refusal(cifar100(options), top)).toMatch(/ gave a file of MD5 \w{32}, expected 03b5dce01913d631647c71ecec9e9cb8\. It was deleted\. Get cifar-100-binary\.tar\.gz from https:/);
  });

  test('where nothing can be reached, the message names the file, its address and where to put it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.tar.gz`;
    await new Promise((resolve) => server.close(resolve));
    const options = { root: join(top, 'new'), split: 'test', download: true, address } as const;
    expect((await refusal(cifar100(options), top)).replace(address, '<address>')).toMatchInlineSnapshot(`"DataError: cifar100: <address> cannot be reached (ECONNREFUSED). Get cifar-100-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz by other means, and put it at <folder>/new/cifar-100-binary.tar.gz or pass its path as root."`);
  });
});
