import type { EncoderInput, ImageDataset } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { expect, test } from 'vitest';
import { adaptImages } from '../src/index.js';
import golden from './golden/adapt-images.json' with { type: 'json' };
import { leavingNoTensors, onBackends } from './support/backends.js';

const shape = (values: readonly number[]): [number, number, number] => values as [number, number, number];
/** The whole image to the whole. */
const input = ([height, width, channels]: readonly number[]): EncoderInput => ({ size: [height!, width!], channels: channels as 1 | 3, interpolation: 'bilinear', fit: 'fill', cropShare: 1 });

onBackends('adaptImages', () => {
  test.each(golden.cases.map((entry) => [entry.from.join('x'), entry.to.join('x'), entry] as const))('%s to %s is what Pillow makes', async (_, __, { from, to, pixels, expected }) => {
    const dataset = inMemoryDataset({ name: 'golden', images: Uint8Array.from([...pixels, ...pixels]), imageShape: shape(from) });
    const adapted = adaptImages(dataset, input(to));
    expect(adapted.dataset).toMatchObject({ name: 'golden', size: 2, imageShape: to });
    const { pixels: both, shape: given } = await leavingNoTensors(() => adapted.dataset.read(Int32Array.of(1, 0)));
    expect(given).toEqual([2, ...to]);
    const found = [...both.subarray(expected.length)];
    expect([...both.subarray(0, expected.length)]).toEqual(found);
    // Pillow rounds after rows and after columns, and to luma in integers of 16 bits
    const errors = found.map((value, i) => Math.abs(value - expected[i]!));
    expect(Math.max(...errors)).toBeLessThanOrEqual(1);
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.3);
  });

  test('luma of the corners of the cube of colours', async () => {
    const dataset = inMemoryDataset({ name: 'corners', images: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255), imageShape: [1, 4, 3] });
    expect((await adaptImages(dataset, input([1, 4, 1])).dataset.read(Int32Array.of(0))).pixels).toEqual(Uint8Array.of(76, 150, 29, 255));
  });
});

test('says what it does, and does nothing where nothing is to do', () => {
  const dataset = inMemoryDataset({ name: 'four', images: new Uint8Array(12), labels: Int32Array.of(3), imageShape: [2, 2, 3] });
  expect(adaptImages(dataset, input([2, 2, 3]))).toEqual({ dataset, changes: [] });
  expect(adaptImages(dataset, input([2, 2, 3])).dataset).toBe(dataset);
  const { dataset: small, changes } = adaptImages(dataset, input([4, 3, 1]));
  expect(changes).toEqual(['colours to luma', '2x2 resized to 4x3']);
  expect(small.labels).toBe(dataset.labels);
});

test('images of several sizes become images of one', async () => {
  const images = [[2, 4], [6, 3]].map(([height, width], i) => ({ pixels: new Uint8Array(height! * width!).fill(51 * (i + 1)), shape: [height!, width!, 1] as const }));
  const mixed: ImageDataset = { name: 'mixed', size: 2, channels: 1, fingerprint: 'mixed', read: async (ids) => ({ images: Array.from(ids, (id) => images[id]!) }) };
  const { dataset, changes } = adaptImages(mixed, { ...input([2, 2, 3]), fit: 'cover' });
  expect(changes).toEqual(['grey repeated in 3 channels', 'resized to 2x2']);
  expect(await dataset.read(Int32Array.of(1, 0))).toEqual({ pixels: Uint8Array.from([...Array(12).fill(102), ...Array(12).fill(51)] as number[]), shape: [2, 2, 2, 3] });
});

test('refuses what is not grey or colour, and sides that are not whole', () => {
  const dataset = inMemoryDataset({ name: 'four', images: new Uint8Array(4), imageShape: [1, 1, 4] });
  expect(() => adaptImages(dataset, input([1, 1, 3]))).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: adaptImages.dataset.channels: received 4, expected 1 or 3. Only grey and colours are made of one another.]`);
  expect(() => adaptImages(dataset, input([0, 1, 3]))).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: adaptImages.dataset.channels: received 4, expected 1 or 3. Only grey and colours are made of one another.]`);
});
