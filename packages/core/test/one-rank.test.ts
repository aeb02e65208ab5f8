import { expect, test } from 'vitest';
import { oneRank } from '../src/index.js';

test('a job of one gets back what it gave, as copies', () => {
  const { rank, size, allReduce, allGather, reduceScatter, broadcast, barrier } = oneRank();
  expect([rank, size]).toEqual([0, 1]);
  for (const call of [allReduce, allGather, reduceScatter, broadcast]) {
    const given = Float32Array.of(1, 2);
    const got = call(given);
    got[0] = 9;
    expect([given, got]).toEqual([Float32Array.of(1, 2), Float32Array.of(9, 2)]);
  }
  const used = Float32Array.of(1, 2);
  expect(allReduce(used, 'sum', true)).toBe(used);
  barrier();
});

test('aborting a job of one throws the reason', () => {
  expect(() => oneRank().abort('The disk is gone.')).toThrowErrorMatchingInlineSnapshot(`[StateError: communicator.abort: The disk is gone.]`);
});
