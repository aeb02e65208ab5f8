import { expect, test } from 'vitest';
import { checkWhole } from '../src/index.js';

test('whole numbers from the least on pass', () => {
  for (const value of [1, 2, Number.MAX_SAFE_INTEGER]) checkWhole('f.size', value, 1);
  checkWhole('f.first', 0, 0);
  checkWhole('f', { a: 3, b: 4 }, 3);
});

test.each([0, -1, 1.5, NaN, Infinity, 2 ** 53, undefined, '1' as never, null as never])('%s is no whole number above 0', (value) => {
  expect(() => checkWhole('f.size', value, 1)).toThrow(/^f\.size: received .*, expected a whole number above 0\.$/);
});

test('names which of several is wrong, and what to do', () => {
  expect(() => checkWhole('f', { a: 3, b: 2 }, 3, 'Raise it.')).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: f.b: received 2, expected a whole number of 3 or more. Raise it.]`);
});
