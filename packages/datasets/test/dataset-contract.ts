/** What every `ImageDataset` promises, run against each implementation. */
import type { ImageDataset } from '@kindred/core';
import { describe, expect, test } from 'vitest';

/** @param open Opens a dataset of at least 3 images, the first two different. */
export function datasetContract(name: string, open: () => Promise<ImageDataset>): void {
  describe(`${name} keeps the contract of ImageDataset`, () => {
    const bytesOf = ({ imageShape: [height, width, channels] }: ImageDataset): number => height * width * channels;

    test('says its size and the shape of an image', async () => {
      const dataset = await open();
      expect(dataset.name).toMatch(/^\S.*$/);
      expect(Number.isInteger(dataset.size) && dataset.size >= 3).toBe(true);
      expect(dataset.imageShape.map((length) => Number.isInteger(length) && length >= 1)).toEqual([true, true, true]);
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
      const bytes = bytesOf(dataset);
      const last = dataset.size - 1;
      const images = await dataset.read(Int32Array.of(last, 0, 1, 0));
      expect(images).toBeInstanceOf(Uint8Array);
      expect(images.length).toBe(4 * bytes);
      const rows = [0, 1, 2, 3].map((row) => images.slice(row * bytes, (row + 1) * bytes));
      expect(rows[3]).toEqual(rows[1]);
      expect(rows[2]).not.toEqual(rows[1]);
      expect(await dataset.read(Int32Array.of(0))).toEqual(rows[1]);
      expect(await dataset.read(Int32Array.of(last))).toEqual(rows[0]);
    });

    test('gives bytes that are the caller’s: writing to them changes nothing', async () => {
      const dataset = await open();
      const images = await dataset.read(Int32Array.of(0));
      const before = images.slice();
      images.fill(before[0]! ^ 0xff);
      expect(await dataset.read(Int32Array.of(0))).toEqual(before);
    });

    test('reads nothing when asked for nothing', async () => {
      expect((await (await open()).read(new Int32Array(0))).length).toBe(0);
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
