import { random } from '@kindred/core';
import { describe, expect, test } from 'vitest';
import { decodeCifar } from '../src/index.js';

const drawn = random(2);
const record = (...labels: number[]): Uint8Array =>
  Uint8Array.of(...labels, ...Array.from({ length: 3072 }, () => drawn.integer(256)));

describe('decodeCifar', () => {
  test('pixel (y, x) has the bytes y·32 + x of the red, green and blue plane', () => {
    const bytes = Uint8Array.of(...record(3), ...record(9));
    const { images, labels, coarseLabels } = decodeCifar(bytes, 'cifar-10');
    expect(labels).toEqual(Int32Array.of(3, 9));
    expect(coarseLabels).toBeUndefined();
    expect(images.length).toBe(2 * 3072);
    for (const [image, y, x] of [[0, 0, 0], [0, 31, 31], [1, 5, 17], [1, 17, 5]] as const) {
      const at = image * 3073 + 1 + y * 32 + x;
      const pixel = ((image * 32 + y) * 32 + x) * 3;
      expect([...images.slice(pixel, pixel + 3)]).toEqual([bytes[at], bytes[at + 1024], bytes[at + 2048]]);
    }
  });

  test('in CIFAR-100 the coarse label comes first', () => {
    const bytes = Uint8Array.of(...record(4, 88), ...record(19, 0));
    const { images, labels, coarseLabels } = decodeCifar(bytes, 'cifar-100');
    expect(labels).toEqual(Int32Array.of(88, 0));
    expect(coarseLabels).toEqual(Int32Array.of(4, 19));
    expect([...images.slice(3072, 3075)]).toEqual([bytes[3076], bytes[3076 + 1024], bytes[3076 + 2048]]);
  });

  test('names what is wrong with the bytes', () => {
    expect(() => decodeCifar(record(3).subarray(1), 'cifar-10')).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeCifar: received 3072 bytes, expected a multiple of 3073, the length of a cifar-10 record. The file is cut off, or not of the binary version.]`);
    expect(() => decodeCifar(new Uint8Array(0), 'cifar-10')).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeCifar: received 0 bytes, expected a multiple of 3073, the length of a cifar-10 record. The file is cut off, or not of the binary version.]`);
    expect(() => decodeCifar(Uint8Array.of(...record(3), ...record(10)), 'cifar-10')).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeCifar: record 1 has label 10, expected 0..9. The file is damaged, or not of the binary version.]`);
    expect(() => decodeCifar(record(3, 100), 'cifar-100')).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeCifar: record 0 has label 100, expected 0..99. The file is damaged, or not of the binary version.]`);
    expect(() => decodeCifar(record(20, 3), 'cifar-100')).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeCifar: record 0 has coarse label 20, expected 0..19. The file is damaged, or not of the binary version.]`);
    expect(() => decodeCifar(record(3), 'cifar' as 'cifar-10')).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: decodeCifar.kind: received "cifar", expected 'cifar-10' or 'cifar-100'.]`);
  });
});
