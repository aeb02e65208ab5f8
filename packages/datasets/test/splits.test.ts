import { random } from '@kindred/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdOut, labelledFraction } from '../src/index.js';

const counts = (labels: Int32Array, ids: Int32Array): Record<number, number> => {
  const found: Record<number, number> = {};
  for (const id of ids) found[labels[id]!] = (found[labels[id]!] ?? 0) + 1;
  return found;
};
/** 1,000 samples of class 0, 100 of class 1, 3 of class 2, one of class 5, 50 unknown, mixed. */
const mixed = (() => {
  const sorted = [[0, 1000], [1, 100], [2, 3], [5, 1], [-1, 50]].flatMap(([label, count]) => Array<number>(count!).fill(label!));
  return Int32Array.from(random(11).permutation(sorted.length), (from) => sorted[from]!);
})();
const labelLists = fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 2, maxLength: 60 }).map((list) => Int32Array.from(list));
const shares = fc.double({ min: 0.01, max: 0.99, noNaN: true });

describe('labelledFraction', () => {
  test('takes the share of every class, at least one, and none whose class is unknown', () => {
    expect(counts(mixed, labelledFraction(mixed, 0.1, 1))).toEqual({ 0: 100, 1: 10, 2: 1, 5: 1 });
    expect(counts(mixed, labelledFraction(mixed, 0.01, 1))).toEqual({ 0: 10, 1: 1, 2: 1, 5: 1 });
    expect(counts(mixed, labelledFraction(mixed, 1, 1))).toEqual({ 0: 1000, 1: 100, 2: 3, 5: 1 });
  });

  test('takes a count of every class', () => {
    const labels = mixed.map((label) => (label === 5 || label === 2 ? -1 : label));
    expect(counts(labels, labelledFraction(labels, { perClass: 4 }, 1))).toEqual({ 0: 4, 1: 4 });
  });

  test('is fixed by the seed: ascending ids, each once, others for another seed', () => {
    const ids = labelledFraction(mixed, 0.1, 7);
    expect(labelledFraction(mixed, 0.1, 7)).toEqual(ids);
    expect([...ids]).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(labelledFraction(mixed, 0.1, 8)).not.toEqual(ids);
  });

  test('these ids of seed 7 never change: published runs depend on them', () => {
    const labels = Int32Array.from({ length: 40 }, (_, i) => i % 4);
    expect([...labelledFraction(labels, { perClass: 2 }, 7)]).toEqual([14, 15, 22, 27, 29, 32, 36, 37]);
  });

  test('1 % lies within 10 % of the same seed', () => {
    const more = new Set(labelledFraction(mixed, 0.1, 7));
    expect([...labelledFraction(mixed, 0.01, 7)].every((id) => more.has(id))).toBe(true);
  });

  test('every sample of a class is equally likely', () => {
    // 2,000 seeds, 5 of 20: each id is expected 500 times with deviation √(2000·¼·¾) = 19.4
    const labels = new Int32Array(20);
    const hits = new Int32Array(20);
    for (let seed = 0; seed < 2000; seed++) for (const id of labelledFraction(labels, 0.25, seed)) hits[id]!++;
    expect(Math.max(...hits.map((count) => Math.abs(count - 500)))).toBeLessThan(5 * 19.4);
  });

  test('names a share or count that cannot be', () => {
    const call = (share: number | { perClass: number }) => () => labelledFraction(mixed, share, 1);
    expect(call(0)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: labelledFraction.share: received 0, expected a share above 0 and at most 1.]`);
    expect(call(1.5)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: labelledFraction.share: received 1.5, expected a share above 0 and at most 1.]`);
    expect(call(NaN)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: labelledFraction.share: received NaN, expected a share above 0 and at most 1.]`);
    expect(call({ perClass: 4 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: labelledFraction.share.perClass: received 4, expected at most 3, the samples of class 2.]`);
    expect(call({ perClass: 0.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: labelledFraction.share.perClass: received 0.5, expected a whole number above 0.]`);
    expect(() => labelledFraction(Int32Array.of(-1, -1), 0.5, 1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: labelledFraction.labels: received [], expected at least one class of 0 or more.]`);
    expect(() => labelledFraction(Int32Array.of(0, -2), 0.5, 1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: labelledFraction.labels: received -2, expected classes of 0 or more, or -1 where unknown.]`);
  });
});

describe('holdOut', () => {
  test('holds the same share of every class', () => {
    const { rest, held } = holdOut(mixed, 0.1, 3);
    expect(counts(mixed, held)).toEqual({ '-1': 5, 0: 100, 1: 10, 2: 1 });
    expect(counts(mixed, rest)).toEqual({ '-1': 45, 0: 900, 1: 90, 2: 2, 5: 1 });
  });

  test('without labels, holds the share of all', () => {
    const { rest, held } = holdOut(50_000, 0.1, 3);
    expect([held.length, rest.length]).toEqual([5000, 45_000]);
  });

  test('both parts are ascending and together are all, whatever the labels', () => {
    fc.assert(
      fc.property(labelLists, shares, fc.nat(), (labels, share, seed) => {
        fc.pre(new Set(labels).size < labels.length);
        const { rest, held } = holdOut(labels, share, seed);
        expect([...rest, ...held].sort((a, b) => a - b)).toEqual(Array.from(labels, (_, id) => id));
        for (const part of [rest, held]) expect([...part]).toEqual([...part].sort((a, b) => a - b));
        // a class of two or more is in both parts
        const [ofRest, ofHeld, ofAll] = [counts(labels, rest), counts(labels, held), counts(labels, Int32Array.from(labels.keys()))];
        for (const [label, count] of Object.entries(ofAll)) {
          const key = Number(label);
          expect(ofRest[key]).toBeGreaterThan(0);
          expect(ofHeld[key] ?? 0).toBe(count === 1 ? 0 : Math.min(count - 1, Math.max(1, Math.round(share * count))));
        }
      }),
    );
  });

  test('is fixed by the seed, and apart from labelledFraction of the same seed', () => {
    const labels = new Int32Array(200);
    expect(holdOut(labels, 0.1, 7)).toEqual(holdOut(labels, 0.1, 7));
    expect(holdOut(labels, 0.1, 8)).not.toEqual(holdOut(labels, 0.1, 7));
    expect(holdOut(labels, 0.1, 7).held).not.toEqual(labelledFraction(labels, 0.1, 7));
  });

  test('names a share or size that cannot be', () => {
    expect(() => holdOut(10, 0, 1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: holdOut.share: received 0, expected a share above 0 and below 1.]`);
    expect(() => holdOut(10, 1, 1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: holdOut.share: received 1, expected a share above 0 and below 1.]`);
    expect(() => holdOut(1, 0.5, 1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: holdOut.samples: received 1, expected a whole number of 2 or more. Both parts need a sample.]`);
    expect(() => holdOut(Int32Array.of(0, 1, 2), 0.5, 1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: holdOut.samples: received "3 classes of one", expected a class of two or more. Pass the size instead.]`);
  });
});
