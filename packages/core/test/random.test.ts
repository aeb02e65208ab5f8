import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgumentError, random, type Random } from '../src/index.js';
import { philox } from '../src/random.js';

const draws = (stream: Random, count: number): number[] => Array.from({ length: count }, () => stream.uint32());
/** Σ (observed − expected)² / expected: about `cells` − 1, give or take √(2·cells). */
const chiSquare = (counts: readonly number[]): number => {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
};
const counted = (cells: number, total: number, draw: () => number): number[] => {
  const counts = Array<number>(cells).fill(0);
  for (let i = 0; i < total; i += 1) counts[draw()]! += 1;
  return counts;
};

describe('Philox4x32-10', () => {
  // the known answers that its authors publish with their library (kat_vectors)
  test.each([
    [[0, 0, 0, 0], [0, 0], ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']],
    [Array<number>(4).fill(0xffffffff), [0xffffffff, 0xffffffff], ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd']],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], ['d16cfe09', '94fdcceb', '5001e420', '24126ea1']],
  ])('counter %j under key %j', (counter, key, expected) => {
    const out = new Uint32Array(4);
    philox(out, counter[0]!, counter[1]!, counter[2]!, counter[3]!, key[0]!, key[1]!);
    expect([...out].map((word) => word.toString(16).padStart(8, '0'))).toEqual(expected);
  });

  test('a stream draws the blocks of counter 0, 1, 2, ... under its seed', () => {
    const expected = [0, 1].flatMap((counter) => {
      const out = new Uint32Array(4);
      philox(out, counter, 0, 0, 0, 5, 2);
      return [...out];
    });
    expect(draws(random(2 * 2 ** 32 + 5), 8)).toEqual(expected);
  });
});

describe('a stream', () => {
  test('is the same for the same seed and path, to the bit, in every version', () => {
    expect(draws(random(0), 2)).toEqual([0x6627e8d5, 0xe169c58d]);
    // a change of these is a change of every view that was ever drawn
    expect(draws(random(7).fork('crop', 3), 3)).toMatchInlineSnapshot(`
      [
        332799332,
        72885958,
        1384052930,
      ]
    `);
    expect(draws(random(7).fork('crop', 2 ** 40, 'Grün'), 3)).toMatchInlineSnapshot(`
      [
        1141556977,
        2969191621,
        204183087,
      ]
    `);
  });

  test('depends on the whole seed and the whole path', () => {
    const streams = [
      random(1), random(2), random(1 + 2 ** 32), random(Number.MAX_SAFE_INTEGER), random(1).fork(1), random(1).fork('1'), random(1).fork(1, 0),
      random(1).fork(0, 1), random(1).fork(2 ** 32 + 1), random(1).fork(''), random(1).fork('a'), random(1).fork('b'), random(1).fork('ab'),
      random(1).fork('a', 'b'), random(1).fork('ba'), random(1).fork('\u0161'), random(1).fork('a\u0000'), random(2).fork(1),
    ];
    expect(new Set(streams.map((stream) => draws(stream, 2).join())).size).toBe(streams.length);
  });

  test('does not depend on what was drawn from its parent, in any order', () => {
    const parent = random(3);
    const before = draws(parent.fork('views'), 5);
    draws(parent, 7);
    parent.normal();
    draws(parent.fork('other'), 3);
    expect(draws(parent.fork('views'), 5)).toEqual(before);
    expect(draws(random(3).fork('views'), 5)).toEqual(before);
  });

  test('forking does not move it', () => {
    const [one, two] = [random(3), random(3)];
    one.uint32();
    one.fork('a', 1);
    two.uint32();
    expect(draws(one, 9)).toEqual(draws(two, 9));
  });

  test('a path is its steps one after another', () => {
    expect(draws(random(3).fork('a').fork(4).fork('b'), 4)).toEqual(draws(random(3).fork('a', 4, 'b'), 4));
  });

  test('100,000 forks start at 100,000 places, and their first draws are uniform', () => {
    const root = random(9).fork('epoch', 1);
    const firsts = Array.from({ length: 100_000 }, (_, sample) => draws(root.fork(sample), 2));
    expect(new Set(firsts.map(([a, b]) => a! * 2 ** 21 + (b! >>> 11))).size).toBe(100_000);
    for (const word of [0, 1]) {
      let i = 0;
      // 255 ± 23: five deviations
      expect(Math.abs(chiSquare(counted(256, 100_000, () => firsts[i++]![word]! >>> 24)) - 255)).toBeLessThan(115);
    }
    const shared = (shift: number): number => {
      const pairs = firsts.slice(0, -shift).map(([a], j) => (a! / 2 ** 32 - 0.5) * (firsts[j + shift]![0]! / 2 ** 32 - 0.5));
      return (12 * pairs.reduce((sum, product) => sum + product, 0)) / pairs.length;
    };
    for (const shift of [1, 2, 256]) expect(Math.abs(shared(shift))).toBeLessThan(5 / Math.sqrt(100_000));
  });

  test.each([-1, 0.5, NaN, 2 ** 53, Infinity])('refuses %d as a seed and as a step of a path', (value) => {
    expect(() => random(value)).toThrow(ArgumentError);
    expect(() => random(1).fork(value)).toThrow(ArgumentError);
  });

  test('says what it expected', () => {
    expect(() => random(-1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: random.seed: received -1, expected a whole number of 0..2^53-1.]`);
    expect(() => random(1).fork('crop', 1.5)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: Random.fork.path: received 1.5, expected whole numbers of 0..2^53-1, or texts.]`);
    expect(() => random(1).integer(0)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: Random.integer.size: received 0, expected a whole number of 1..2^32.]`);
  });
});

describe('draws', () => {
  const total = 60_000;

  test('uniform is even over its range, end excluded', () => {
    const stream = random(1);
    // 99 ± 14: five deviations
    expect(Math.abs(chiSquare(counted(100, total, () => Math.floor(stream.uniform() * 100))) - 99)).toBeLessThan(70);
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: -100, max: 0 }), fc.integer({ min: 1, max: 100 }), (seed, min, max) => {
        const value = random(seed).uniform(min, max);
        expect(value >= min && value < max).toBe(true);
      }),
    );
  });

  test('all four words of a block have every bit set half of the time', () => {
    const stream = random(2);
    const ones = Array.from({ length: 4 }, () => Array<number>(32).fill(0));
    for (let i = 0; i < 20_000; i += 1) {
      const word = stream.uint32();
      for (let bit = 0; bit < 32; bit += 1) ones[i % 4]![bit]! += (word >>> bit) & 1;
    }
    // 5,000 draws a word: 2,500 ± 35
    for (const count of ones.flat()) expect(Math.abs(count - 2500)).toBeLessThan(180);
  });

  test('integer is even, also where a remainder would lean to small numbers', () => {
    const stream = random(3);
    expect(Math.abs(chiSquare(counted(7, total, () => stream.integer(7))) - 6)).toBeLessThan(18);
    // of 3·2³⁰: a plain remainder would take half of its draws from the first third
    expect(Math.abs(chiSquare(counted(3, total, () => Math.floor(stream.integer(3 * 2 ** 30) / 2 ** 30))) - 2)).toBeLessThan(12);
  });

  test('integer takes 1..2³² and nothing else', () => {
    expect(random(1).integer(1)).toBe(0);
    expect(random(1).integer(2 ** 32)).toBe(random(1).uint32());
    for (const size of [0, -1, 1.5, NaN, 2 ** 32 + 1]) expect(() => random(1).integer(size)).toThrow(ArgumentError);
  });

  test('chance is never at 0, always at 1, and 0.3 of the time at 0.3', () => {
    const stream = random(4);
    const hits = (probability: number): number => counted(2, total, () => Number(stream.chance(probability)))[1]!;
    expect(hits(0)).toBe(0);
    expect(hits(1)).toBe(total);
    expect(Math.abs(hits(0.3) - 0.3 * total)).toBeLessThan(5 * Math.sqrt(0.21 * total));
  });

  test('normal has the moments of the normal distribution, and its share within one deviation', () => {
    const stream = random(5);
    const values = Array.from({ length: total }, () => stream.normal());
    const moment = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / total;
    // deviations: 1/√n, √(2/n), √(15/n), √(96/n)
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / total));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / total));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / total));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / total));
    expect(Math.abs(values.filter((value) => Math.abs(value) < 1).length / total - 0.682689)).toBeLessThan(0.01);
    expect(random(6).normal(10, 2)).toBeCloseTo(10 + 2 * random(6).normal(), 12);
  });

  test('normal is Box and Muller’s √(−2 log u)·cos(2πv) of two draws, never infinite', () => {
    const [u, v] = draws(random(6), 2);
    expect(random(6).normal()).toBeCloseTo(Math.sqrt(-2 * Math.log((u! + 0.5) / 2 ** 32)) * Math.cos((2 * Math.PI * v!) / 2 ** 32), 12);
  });

  test('fillNormal fills any length by pairs of draws: cosine, then sine', () => {
    const stream = random(6);
    const [u, v, s, t] = [stream.uint32(), stream.uint32(), stream.uint32(), stream.uint32()];
    const radius = (draw: number): number => 3 * Math.sqrt(-2 * Math.log((draw + 0.5) / 2 ** 32));
    const angle = (draw: number): number => (2 * Math.PI * draw) / 2 ** 32;
    const expected = [radius(u) * Math.cos(angle(v)), radius(u) * Math.sin(angle(v)), radius(s) * Math.cos(angle(t))];
    const [values, one] = [new Float64Array(3), new Float64Array(1)];
    random(6).fillNormal(values, 3);
    expect([...values]).toEqual(expected);
    random(6).fillNormal(one);
    expect(one[0]).toBe(random(6).normal());
  });

  test('permutation holds every number once, and every order is as likely', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(200), (seed, size) => {
        expect([...random(seed).permutation(size)].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
      }),
    );
    const stream = random(7);
    const orders = new Map<string, number>();
    for (let i = 0; i < 24_000; i += 1) {
      const order = stream.permutation(4).join();
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(24);
    expect(Math.abs(chiSquare([...orders.values()]) - 23)).toBeLessThan(34);
  });
});
