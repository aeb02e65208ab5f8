import { random } from '@kindred/core';
import { describe, expect, test } from 'vitest';
import { inMemoryDataset, subset } from '../src/index.js';
import { datasetContract } from './dataset-contract.js';
import { pixelsOf } from './pixels-of.js';

const images = Uint8Array.from({ length: 5 * 2 * 3 * 2 }, (_, i) => (i * 37) % 256);
const labels = Int32Array.of(2, 0, -1, 1, 0);
const classes = ['a', 'b', 'c'];
const five = () => inMemoryDataset({ name: 'five', images, imageShape: [2, 3, 2], labels, classes });

datasetContract('inMemoryDataset', async () => five());
datasetContract('subset', async () => subset(five(), [4, 1, 0, 3]));
datasetContract('a subset of a subset', async () => subset(subset(five(), [4, 1, 0, 3]), Int32Array.of(3, 2, 0)));

describe('inMemoryDataset', () => {
  test('image i is the i-th block of bytes', async () => {
    expect(await pixelsOf(five(), Int32Array.of(3, 1))).toEqual(
      Uint8Array.of(...images.slice(36, 48), ...images.slice(12, 24)),
    );
  });

  test('does without labels and classes', () => {
    expect(Object.keys(inMemoryDataset({ name: 'x', images, imageShape: [2, 3, 2] }))).toEqual([
      'name',
      'size',
      'channels',
      'imageShape',
      'fingerprint',
      'read',
    ]);
  });

  test('names what does not fit', () => {
    const make = (change: object) => () => inMemoryDataset({ name: 'x', images, imageShape: [2, 3, 2], ...change });
    expect(make({ imageShape: [2, 3] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: inMemoryDataset.imageShape: received [2,3], expected [height, width, channels], each at least 1.]`);
    expect(make({ imageShape: [2, 0, 3] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: inMemoryDataset.imageShape: received [2,0,3], expected [height, width, channels], each at least 1.]`);
    expect(make({ imageShape: [7, 1, 1] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: inMemoryDataset.images.length: received 60, expected a multiple of 7·1·1 = 7. Check imageShape.]`);
    expect(make({ images: new Uint8Array(0) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: inMemoryDataset.images.length: received 0, expected a multiple of 2·3·2 = 12. Check imageShape.]`);
    expect(make({ labels: Int32Array.of(1, 2) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: inMemoryDataset.labels.length: received 2, expected 5, one for each image.]`);
    expect(make({ labels: Int32Array.of(0, 1, 3, 0, 0), classes })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: inMemoryDataset.labels[2]: received 3, expected a class of 0..2, or -1 where unknown.]`);
    expect(make({ labels: Int32Array.of(0, 1, 3, 0, -2) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: inMemoryDataset.labels[4]: received -2, expected a class of 0 or more, or -1 where unknown.]`);
  });
});

describe('subset', () => {
  test('image i is image indices[i], with its label', async () => {
    const part = subset(five(), [4, 2, 4]);
    expect(part.size).toBe(3);
    expect(part.labels).toEqual(Int32Array.of(0, -1, 0));
    expect(part.classes).toEqual(classes);
    expect(await pixelsOf(part, Int32Array.of(1))).toEqual(images.slice(24, 36));
  });

  test('its name says how much of what it is, unless it is given one', () => {
    expect(subset(five(), [1, 2]).name).toBe('five/2-of-5');
    expect(subset(five(), [1, 2], 'few').name).toBe('few');
  });

  test('is not changed by writing to the indices it was made from', async () => {
    const indices = Int32Array.of(1, 2);
    const part = subset(five(), indices);
    indices.fill(0);
    expect(await pixelsOf(part, Int32Array.of(0))).toEqual(images.slice(12, 24));
  });

  test('of a permutation and its inverse is the whole', async () => {
    const order = random(3).permutation(5);
    const inverse = new Int32Array(5);
    order.forEach((to, from) => (inverse[to] = from));
    const whole = subset(subset(five(), order), inverse);
    expect(await pixelsOf(whole, Int32Array.of(0, 1, 2, 3, 4))).toEqual(images);
    expect(whole.labels).toEqual(labels);
  });

  test('names an index that is not there', () => {
    expect(() => subset(five(), [0, 5])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: subset.indices[1]: received 5, expected a whole number of 0..4.]`);
    expect(() => subset(five(), [0.5])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: subset.indices[0]: received 0.5, expected a whole number of 0..4.]`);
    expect(() => subset(five(), [])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: subset.indices: received [], expected at least one index.]`);
  });
});
