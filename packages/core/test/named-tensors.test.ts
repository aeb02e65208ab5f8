import { expect, test } from 'vitest';
import { count, prefixed, readCount, StateError, under } from '../src/index.js';

test('a prefix goes on and comes off', () => {
  const state = { step: count(1), 'inner.step': count(2) };
  expect(Object.keys(prefixed('a', state))).toEqual(['a.step', 'a.inner.step']);
  expect(under('a', prefixed('a', state))).toEqual(state);
});

test('under takes whole parts of names alone', () => {
  const state = { 'queue.rows': count(1), 'queue2.rows': count(2), queue: count(3), 'a.queue.rows': count(4) };
  expect(under('queue', state)).toEqual({ rows: count(1) });
});

test('a count comes back, whole', () => {
  for (const value of [0, 1, 65_535, 2 ** 31 - 1]) expect(readCount('f', count(value))).toBe(value);
});

test('a count that is not there is an error', () => {
  expect(() => readCount('supportSet.restore.next', undefined)).toThrowErrorMatchingInlineSnapshot(`[StateError: supportSet.restore.next: is not in the state. It is of another part or version.]`);
  expect(() => readCount('f', { shape: [2], values: Int32Array.of(1, 2) })).toThrow(StateError);
});
