/** What every `ImageDataset` promises, run against each implementation. */
import { type ImageDataset, imagesOf } from '@kindred/core';
import { describe, expect, test } from 'vitest';

/** @param open Opens a dataset of at least 3 images, the first two different. */
export function datasetContract(name: string, open: () => Promise<ImageDataset>): void {
  describe(`${name} keeps the contract of ImageDataset`, () => {
    test('says its size, its channels and, if there is one, the shape of all images', async () => {
      const dataset = await open();
      expect(dataset.name).toMatch(/^\S.*$/);
      expect(Number.isInteger(dataset.size) && dataset.size >= 3).toBe(true);
      expect([1, 2, 3]).toContain(dataset.channels);
      const shapes = imagesOf(await dataset.read(Int32Array.of(0, 1, 2))).map(({ shape }) => shape);
      for (const shape of shapes) {
        expect(shape.every((length) => Number.isInteger(length) && length >= 1)).toBe(true);
        expect(shape).toEqual(dataset.imageShape ?? [...shape.slice(0, 2), dataset.channels]);
      }
    });

    test('has a fingerprint, the same each time that it is opened', async () => {
      const dataset = await open();
      expect(dataset.fingerprint).toMatch(/^[0-9a-f]{16}$/);
      expect((await open()).fingerprint).toBe(dataset.fingerprint);
    });

    test('has a label for every image, and a name for every label', async () => {
      const { labels, classes, size } = await open();
      if (labels === undefined) return;
      expect(labels).toBeInstanceOf(Int32Array);
      expect(labels.length).toBe(size);
      expect(labels.every((label) => label >= -1 && label < (classes?.length ?? Infinity))).toBe(true);
    });

    test('reads images in the order asked for, also twice the same', async () => {
      const dataset = await open();
      const last = dataset.size - 1;
      const images = imagesOf(await dataset.read(Int32Array.of(last, 0, 1, 0)));
      expect(images.length).toBe(4);
      for (const { pixels, shape } of images) {
        expect(pixels).toBeInstanceOf(Uint8Array);
        expect(pixels.length).toBe(shape[0] * shape[1] * shape[2]);
      }
      expect(images[3]).toEqual(images[1]);
      expect(images[2]).not.toEqual(images[1]);
      expect(imagesOf(await dataset.read(Int32Array.of(0)))).toEqual([images[1]]);
      expect(imagesOf(await dataset.read(Int32Array.of(last)))).toEqual([images[0]]);
    });

    test('gives bytes that are the caller’s: writing to them changes nothing', async () => {
      const dataset = await open();
      const [image] = imagesOf(await dataset.read(Int32Array.of(0)));
      const before = image!.pixels.slice();
      image!.pixels.fill(before[0]! ^ 0xff);
      expect(imagesOf(await dataset.read(Int32Array.of(0)))[0]!.pixels).toEqual(before);
    });

    test('reads nothing when asked for nothing', async () => {
      expect(imagesOf(await (await open()).read(new Int32Array(0))).length).toBe(0);
    });

    test('refuses an index that it does not have', async () => {
      const dataset = await open();
      for (const index of [-1, dataset.size]) {
        await expect(dataset.read(Int32Array.of(0, index))).rejects.toMatchObject({
          name: 'ArgumentError',
          received: index,
        });
      }
    });
  });
}
