import { expect, test } from 'vitest';
import { digest, xxHash32 } from '../src/digest.js';

const text = (content: string): Uint8Array => Uint8Array.from(content, (letter) => letter.charCodeAt(0));

test('xxHash32 has the values of its specification and of the reference program', () => {
  expect(xxHash32(text(''), 0)).toBe(0x02cc5d05);
  expect(xxHash32(text('a'), 0)).toBe(0x550d7456);
  expect(xxHash32(text('abc'), 0)).toBe(0x32d153ff);
  expect(xxHash32(text('Nobody inspects the spammish repetition'), 0)).toBe(0xe2293b2f);
});

test('where a sequence begins in its buffer does not matter', () => {
  const buffer = Uint8Array.from({ length: 100 }, (_, i) => i * 7);
  for (const length of [3, 15, 16, 17, 50]) {
    const hashes = [0, 1, 2, 3].map((start) => {
      const moved = new Uint8Array(80);
      moved.set(buffer.subarray(0, length), start);
      return xxHash32(moved.subarray(start, start + length), 7);
    });
    expect(new Set(hashes).size).toBe(1);
  }
});

test('each part, its kind and its place matter', () => {
  const all = [['a', 'bc'], ['ab', 'c'], ['abc'], ['c', 'ab'], ['1'], [1], [Int32Array.of(1)], []].map(digest);
  expect(new Set(all).size).toBe(all.length);
  for (const one of all) expect(one).toMatch(/^[0-9a-f]{16}$/);
});
