import { DataError } from '@kindred/core';
import { expect, test } from 'vitest';
import { inWords } from '../src/say-error.js';

test('a mistake of a person is said in its own words, a fault of ours in one line, never as a stack trace', () => {
  expect(inWords(new DataError('a.png', 'is cut short.', 'Copy it again.'))).toBe('DataError: a.png: is cut short. Copy it again.');
  const fault = inWords(new TypeError("Cannot read properties of undefined (reading 'shape')\n    more"));
  expect(fault).toMatchInlineSnapshot(`
    "TypeError: Cannot read properties of undefined (reading 'shape')
    This should not have happened. Run the same command with KINDRED_DEBUG=1 for the details, and report both at https://github.com/kindred/kindred/issues"
  `);
  expect(fault).not.toMatch(/^\s+at /m);
  expect(inWords('text')).toMatch(/^Error: text\n/);
});
