import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeIdx } from '../src/index.js';

describe('decodeIdx', () => {
  test('gives back what was written, whatever its shape', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 255 }), (shape, first) => {
        const values = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (first + 31 * i) % 256);
        const lengths = shape.flatMap((length) => [0, 0, 0, length]);
        // within a larger buffer, as Node's small files are
        const whole = Uint8Array.of(9, 9, 9, 0, 0, 8, shape.length, ...lengths, ...values);
        expect(decodeIdx(whole.subarray(3))).toEqual({ shape, values });
      }),
    );
  });

  test('lengths are four bytes, the most significant first', () => {
    const bytes = new Uint8Array(8 + 258);
    bytes.set([0, 0, 8, 1, 0, 0, 1, 2]);
    expect(decodeIdx(bytes).shape).toEqual([258]);
  });

  test('refuses other formats, other types, and files that are cut off', () => {
    const call = (...bytes: number[]) => () => decodeIdx(Uint8Array.from(bytes));
    expect(call()).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeIdx: the file starts with nothing, expected 0 0 8, the IDX format with bytes.]`);
    expect(call(31, 139, 8, 0)).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeIdx: the file starts with 31 139 8 0, expected 0 0 8, the IDX format with bytes.]`);
    expect(call(0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0)).toThrow('starts with 0 0 13 1');
    expect(call(0, 0, 8, 3, 0, 0, 0, 1)).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeIdx: received 8 bytes, but its 3 lengths alone take 16. The file is cut off, or something else.]`);
    expect(call(0, 0, 8, 1, 0, 0, 0, 3, 1, 2)).toThrowErrorMatchingInlineSnapshot(`[DataError: decodeIdx: received 10 bytes, but [3] takes 11. The file is cut off, or something else.]`);
    expect(call(0, 0, 8, 1, 0, 0, 0, 1, 1, 2)).toThrow('received 10 bytes, but [1] takes 9');
    expect(call(0, 0, 8, 0)).toThrow('received 4 bytes');
  });
});
