/** In Node alone: a page has no registry of modules to empty. */
import { expect, test, vi } from 'vitest';
import { ArgumentError, KindredError } from '../src/index.js';

test('errors are recognised across two copies of the package', async () => {
  vi.resetModules();
  const other = await import('../src/errors.js');
  expect(other.KindredError).not.toBe(KindredError);
  const theirs = new other.StateError('x', 'y');
  expect(theirs).not.toBeInstanceOf(KindredError);
  expect(KindredError.is(theirs)).toBe(true);
  expect(other.KindredError.is(new ArgumentError('x', 'y', 1))).toBe(true);
});
