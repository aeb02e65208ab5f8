import { expect } from 'vitest';

/** What `expression; // => value` in a document asserts: equal, numbers within 1e-4 of themselves or of 1. */
export function expectAbout(received: unknown, expected: unknown): void {
  if (typeof expected === 'number' && typeof received === 'number') {
    if (Object.is(received, expected) || Math.abs(received - expected) <= 1e-4 * Math.max(1, Math.abs(expected))) return;
    expect(received).toBe(expected);
  } else if (isList(expected) && isList(received)) {
    expect(received.length).toBe(expected.length);
    Array.from(expected).forEach((value, i) => expectAbout(received[i], value));
  } else if (isRecord(expected) && isRecord(received)) {
    expect(Object.keys(received).sort()).toEqual(Object.keys(expected).sort());
    for (const key of Object.keys(expected)) expectAbout(received[key], expected[key]);
  } else {
    expect(received).toEqual(expected);
  }
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
