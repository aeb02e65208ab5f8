/** What each miner chooses: by hand, and as PyTorch Metric Learning's miners do. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { allTriplets, batchHard, easyPositive, type Miner, semiHard, tripletMargin } from '../src/index.js';
import golden from './golden/miners.json' with { type: 'json' };

const chosen = (miner: Miner, positives: readonly number[], negatives: readonly number[]): [number, number][] => {
  const found: [number, number][] = [];
  miner({ positives: Float32Array.from(positives), negatives: Float32Array.from(negatives) }, (p, n) => found.push([p, n]));
  return found;
};

describe('of positives at 3, 1 and 6 and negatives at 2, 9 and 4', () => {
  const [positives, negatives] = [[3, 1, 6], [2, 9, 4]];
  test.each<[string, Miner, [number, number][]]>([
    ['allTriplets takes all nine', allTriplets(), [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [2, 0], [2, 1], [2, 2]]],
    ['batchHard takes 6 and 2', batchHard(), [[2, 0]]],
    ['semiHard takes for each the next farther: 4, 2 and 9', semiHard(), [[0, 2], [1, 0], [2, 1]]],
    ['easyPositive takes 1 and 2', easyPositive({ negative: 'hardest' }), [[1, 0]]],
    ['easyPositive, semi-hard, takes 1 and the next farther', easyPositive({ negative: 'semi-hard' }), [[1, 0]]],
  ])('%s', (_, miner, expected) => expect(chosen(miner, positives, negatives)).toEqual(expected));
});

test('where no negative is farther, semi-hard takes the farthest; a negative as far as the positive is not farther', () => {
  expect(chosen(semiHard(), [5], [5, 7, 4])).toEqual([[0, 1]]);
  expect(chosen(semiHard(), [5], [5, 2, 4])).toEqual([[0, 0]]);
  expect(chosen(semiHard(), [5], [1, 2, 4])).toEqual([[0, 2]]);
  expect(chosen(easyPositive({ negative: 'semi-hard' }), [9, 5], [1, 4, 2])).toEqual([[1, 1]]);
});

test('the first of equal distances is chosen', () => {
  expect(chosen(batchHard(), [2, 2], [3, 3])).toEqual([[0, 0]]);
  expect(chosen(semiHard(), [1], [2, 2])).toEqual([[0, 0]]);
});

describe('of 12 labelled rows', () => {
  const { labels, distances } = golden;
  /** Triplets by the rows' own numbers. */
  const triplets = (miner: Miner): number[][] =>
    labels.flatMap((label, i) => {
      const [near, far] = [true, false].map((same) => labels.flatMap((other, j) => ((other === label) === same ? [j] : []))) as [number[], number[]];
      const at = (columns: number[]): number[] => columns.map((j) => distances[i]![j]!);
      return chosen(miner, at(near), at(far)).map(([p, n]) => [i, near[p]!, far[n]!]);
    });
  const sorted = (list: readonly (readonly number[])[]): string[] => list.map((triplet) => triplet.join()).sort();
  const reference = (name: keyof typeof golden.triplets): number[][] => golden.triplets[name];

  test('batchHard is BatchHardMiner', () => {
    expect(sorted(triplets(batchHard()))).toEqual(sorted(reference('BatchHardMiner')));
  });

  test('allTriplets is TripletMarginMiner with a margin that none exceeds', () => {
    expect(sorted(triplets(allTriplets()))).toEqual(sorted(reference('TripletMarginMiner, all')));
  });

  test('semiHard is the nearest of TripletMarginMiner’s semi-hard triplets, for each pair; where a pair has none, the farthest of its hard ones', () => {
    const pairOf = ([i, p]: readonly number[]): string => `${i},${p}`;
    const [semi, hard] = [reference('TripletMarginMiner, semihard'), reference('TripletMarginMiner, hard')];
    const pairs = [...new Set([...semi, ...hard].map(pairOf))];
    const far = ([i, , n]: readonly number[]): number => distances[i!]![n!]!;
    const expected = pairs.map((pair) => {
      const [those, rest] = [semi, hard].map((list) => list.filter((triplet) => pairOf(triplet) === pair).sort((a, b) => far(a) - far(b)));
      return those![0] ?? rest!.at(-1)!;
    });
    expect(pairs.some((pair) => !semi.some((triplet) => pairOf(triplet) === pair))).toBe(true); // the fallback is met
    expect(sorted(triplets(semiHard()))).toEqual(sorted(expected));
  });

  test('easyPositive is BatchEasyHardMiner, but for anchors that it leaves out', () => {
    expect(sorted(triplets(easyPositive({ negative: 'hardest' })))).toEqual(sorted(reference('BatchEasyHardMiner, easy and hard')));
    const theirs = sorted(reference('BatchEasyHardMiner, easy and semihard'));
    const ours = sorted(triplets(easyPositive({ negative: 'semi-hard' })));
    expect(ours).toHaveLength(labels.length);
    expect(ours.filter((triplet) => theirs.includes(triplet))).toEqual(theirs);
  });
});

describe('tripletMargin with labels', () => {
  const rows = (...values: number[]): tf.Tensor2D => tf.tensor2d(values.map((value) => [value]));
  const anchors = rows(0, 0, 10);
  const positives = rows(1, 4, 12);
  const loss = (miner: Miner, labels: number[]): number =>
    tripletMargin({ margin: 1, distance: 'euclidean', miner })({ anchors, positives, labels: Int32Array.from(labels), weight: 1 }).dataSync()[0]!;

  test('takes positives of the class and negatives of others', () => {
    // anchors 0 and 0 of one class: its positives at 1 and 4, its negative at 12; anchor 10: its positive at 2, negatives at 9 and 6
    const costs = [4 - 12 + 1, 4 - 12 + 1, 2 - 6 + 1].map((cost) => Math.max(0, cost));
    expect(loss(batchHard(), [0, 0, 1])).toBeCloseTo(costs.reduce((a, b) => a + b) / 3, 5);
    // every sample a class: the hardest negative of the first is at 4, of the second at 1, of the third at 6
    expect(loss(batchHard(), [0, 1, 2])).toBeCloseTo((0 + (4 - 1 + 1) + 0) / 3, 5);
    expect(loss(batchHard(), [-1, -1, -1])).toBe(loss(batchHard(), [0, 1, 2]));
  });

  test('its mean is over triplets: an anchor of a large class has more of them', () => {
    // anchors 1 and 2 have two triplets each, anchor 3 has two as well: 1 − 12, 4 − 12 twice, 2 − 9, 2 − 6; the margin is 9
    const wide = tripletMargin({ margin: 9, distance: 'euclidean', miner: allTriplets() });
    const got = wide({ anchors, positives, labels: Int32Array.of(0, 0, 1), weight: 1 }).dataSync()[0];
    const costs = [1 - 12, 4 - 12, 1 - 12, 4 - 12, 2 - 9, 2 - 6].map((gap) => Math.max(0, gap + 9));
    expect(got).toBeCloseTo(costs.reduce((a, b) => a + b) / 6, 5);
  });

  test('an anchor that a miner takes nothing of does not count', () => {
    const some: Miner = ({ positives: near, negatives }, take) => (near[0]! > 1 ? take(0, negatives.length - 1) : undefined);
    // only the third anchor has a first positive farther than 1
    expect(loss(some, [0, 1, 2])).toBeCloseTo(((4 - 12 + 1 > 0 ? 4 - 12 + 1 : 0) + Math.max(0, 2 - 6 + 1)) / 2, 5);
  });

  test.each<[string, Miner, number[]]>([
    ['a batch of one class', batchHard(), [3, 3, 3]],
    ['a miner that takes none', () => undefined, [0, 1, 2]],
  ])('%s costs 0, and every gradient is 0', (_, miner, labels) => {
    for (const average of ['all', 'non-zero'] as const) {
      for (const distance of ['euclidean', 'squared-euclidean', 'cosine'] as const) {
        const { value, grads } = tf.valueAndGrads((a, p) =>
          tripletMargin({ margin: 1, distance, miner, average })({ anchors: a as tf.Tensor2D, positives: p as tf.Tensor2D, labels: Int32Array.from(labels), weight: 1 }),
        )([anchors, positives]);
        expect([value, ...grads].flatMap((tensor) => [...tensor.dataSync()]).every((entry) => entry === 0)).toBe(true);
      }
    }
  });

  test('messages', () => {
    expect(() => loss((_, take) => take(0, 7), [0, 1, 2])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: tripletMargin.miner: received [0,7], expected places 0..0 and 0..1. A miner takes places of the lists that it is given.]`);
    expect(() => loss(batchHard(), [0, 1])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: tripletMargin.labels: received 2, expected 3 classes, one per pair. Take a strategy that passes labels on.]`);
    expect(() => easyPositive({ negative: 'easy' as 'hardest' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: easyPositive.negative: received "easy", expected one of 'hardest', 'semi-hard'.]`);
    expect(() => tripletMargin({ margin: 1, distance: 'cosine', miner: 'hardest' as never })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: tripletMargin.miner: received "hardest", expected a miner. Take batchHard() or another.]`);
  });

  test('a NaN among the rows shows in the loss, whatever the miner', () => {
    const bad = rows(0, NaN, 10);
    for (const miner of [allTriplets(), batchHard(), semiHard(), easyPositive({ negative: 'semi-hard' })]) {
      const { value, grads } = tf.valueAndGrads((a) => tripletMargin({ margin: 1, distance: 'euclidean', miner })({ anchors: a as tf.Tensor2D, positives, weight: 1 }))([bad]);
      expect(value.dataSync()[0]).toBeNaN();
      expect(grads[0]!.dataSync().some(Number.isNaN)).toBe(true);
    }
  });
});
