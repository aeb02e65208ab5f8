/** Each loss at values worked out by hand, at its edges, and what it says when it refuses. */
import type { ContrastiveLoss, PositivePairs } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  alignmentUniformity,
  allTriplets,
  barlowTwins,
  batchHard,
  crossEntropy,
  dcl,
  dclw,
  infoNCE,
  type Miner,
  negativeCosine,
  ntXent,
  semiHard,
  supCon,
  swappedPrediction,
  tripletMargin,
  vicReg,
} from '../src/index.js';
import { generic, valueAndGradients } from './contract.js';

type Matrix = number[][];
const [east, north, west] = [[1, 0], [0, 1], [-1, 0]];

const pairs = (anchors: Matrix, positives: Matrix, negatives?: Matrix): PositivePairs => ({
  anchors: tf.tensor2d(anchors),
  positives: tf.tensor2d(positives),
  ...(negatives ? { negatives: tf.tensor2d(negatives) } : {}),
  weight: 1,
});
const value = (loss: ContrastiveLoss, anchors: Matrix, positives: Matrix, negatives?: Matrix): number =>
  loss(pairs(anchors, positives, negatives)).dataSync()[0]!;
const eye = (size: number): Matrix => tf.eye(size).arraySync();

describe('infoNCE', () => {
  test('three orthogonal rows at τ = 0.5 cost log(1 + 2·e⁻²)', () => {
    expect(value(infoNCE({ temperature: 0.5 }), eye(3), eye(3))).toBeCloseTo(Math.log(1 + 2 * Math.exp(-2)), 6);
  });

  test('with negatives the other positives do not count', () => {
    const loss = infoNCE({ temperature: 1 });
    // the one negative is opposite: log(1 + e⁻²), where the other positive would make log(1 + e⁻¹)
    expect(value(loss, [east!, east!], [east!, east!], [west!])).toBeCloseTo(Math.log(1 + Math.exp(-2)), 6);
    expect(value(loss, [east!], [east!], [north!, north!, west!])).toBeCloseTo(Math.log(1 + 2 * Math.exp(-1) + Math.exp(-2)), 6);
  });

  test('negatives of an anchor’s own count for it alone, beside the batch or the queue', () => {
    const loss = infoNCE({ temperature: 1 });
    const ownNegatives = tf.tensor3d([[east!], [west!]]);
    const [e, one] = [Math.E, 1];
    // anchor east: its positive e, north 1, its own negative e; anchor north: its positive e, east 1, its own negative 1
    const batch = (Math.log((e + one + e) / e) + Math.log((e + one + one) / e)) / 2;
    expect(loss({ ...pairs([east!, north!], [east!, north!]), ownNegatives }).dataSync()[0]).toBeCloseTo(batch, 6);
    const queue = (Math.log((e + 1 / e + e) / e) + Math.log((e + one + one) / e)) / 2;
    expect(loss({ ...pairs([east!, north!], [east!, north!], [west!]), ownNegatives }).dataSync()[0]).toBeCloseTo(queue, 6);
  });

  test('rows and both differ: east picks between two easts, north is sure', () => {
    const [a, p] = [[east!, east!], [east!, north!]];
    const [e, one] = [Math.E, 1];
    const rows = (Math.log((e + one) / e) + Math.log((e + one) / one)) / 2;
    const columns = (Math.log((e + e) / e) + Math.log((one + one) / one)) / 2;
    expect(value(infoNCE({ temperature: 1 }), a, p)).toBeCloseTo(rows, 6);
    expect(value(infoNCE({ temperature: 1, direction: 'both' }), a, p)).toBeCloseTo((rows + columns) / 2, 6);
  });

  test('stays finite where a naive softmax underflows to log(0)', () => {
    const swapped = [north!, east!];
    expect(value(infoNCE({ temperature: 0.01 }), [east!, north!], swapped)).toBeCloseTo(100, 4);
    expect(value(infoNCE({ temperature: 0.01 }), [east!], [west!], [east!])).toBeCloseTo(200, 4);
  });

  test('a positive among 65,536 negatives, at once', () => {
    const negatives = tf.tile(tf.tensor2d([north!]), [65_536, 1]) as tf.Tensor2D;
    const got = infoNCE({ temperature: 0.5 })({ ...pairs([east!], [east!]), negatives });
    expect(got.dataSync()[0]).toBeCloseTo(Math.log(1 + 65_536 * Math.exp(-2)), 4);
  });
});

describe('ntXent', () => {
  test('two orthogonal samples, both views alike, at τ = 0.5 cost log(1 + 2·e⁻²)', () => {
    expect(value(ntXent({ temperature: 0.5 }), eye(2), eye(2))).toBeCloseTo(Math.log(1 + 2 * Math.exp(-2)), 6);
  });

  test('rows of the same view are negatives too, which infoNCE leaves out', () => {
    const [a, p] = [[east!, east!], [east!, north!]];
    const [e, one] = [Math.E, 1];
    // east₁ of a: its positive e, the other east e, north 1; east₂: e, e, positive 1; east of p: e, e, 1; north: 1, 1, 1
    const rows = [Math.log((2 * e + one) / e), Math.log(2 * e + one), Math.log((2 * e + one) / e), Math.log(3 * one)];
    expect(value(ntXent({ temperature: 1 }), a, p)).toBeCloseTo(rows.reduce((x, y) => x + y) / 4, 6);
  });

  test('of three views each has two positives, and both stand in its denominator', () => {
    // two orthogonal samples, all views alike, τ = ½: each row has two others at e² and three at 1
    const views = tf.tensor2d(eye(2));
    const got = ntXent({ temperature: 0.5 })({ anchors: views, positives: views, furtherViews: [views], weight: 1 }).dataSync()[0];
    expect(got).toBeCloseTo(Math.log((2 * Math.exp(2) + 3) / Math.exp(2)), 6);
  });

  test('of three views it is another loss than the mean over the pairs of views', () => {
    const { anchors, positives, third } = generic({ further: 1 }, 8, 5, 3);
    const loss = ntXent({ temperature: 0.5 });
    const [a, p, t] = [anchors, positives, third!].map((rows) => rows as Matrix);
    const inPairs = (value(loss, a!, p!) + value(loss, a!, t!) + value(loss, p!, t!)) / 3;
    const together = loss({ ...pairs(a!, p!), furtherViews: [tf.tensor2d(t!)] }).dataSync()[0]!;
    expect(Math.abs(together - inPairs)).toBeGreaterThan(0.1);
  });

  test('views may change places', () => {
    const { anchors, positives } = generic({}, 1, 5, 3);
    const loss = ntXent({ temperature: 0.2 });
    expect(value(loss, anchors as Matrix, positives as Matrix)).toBeCloseTo(value(loss, positives as Matrix, anchors as Matrix), 5);
  });

  test('of collapsed embeddings costs log(2N − 1), at any temperature', () => {
    for (const temperature of [0.01, 1]) {
      expect(value(ntXent({ temperature }), [east!, east!, east!], [east!, east!, east!])).toBeCloseTo(Math.log(5), 4);
    }
  });
});

describe('dcl and dclw', () => {
  test('the positive is not in its own denominator: alike orthogonal pairs cost log 2 − 1/τ', () => {
    expect(value(dcl({ temperature: 0.5 }), eye(2), eye(2))).toBeCloseTo(Math.log(2) - 2, 6);
    expect(value(dclw({ temperature: 0.5, sigma: 0.5 }), eye(2), eye(2))).toBeCloseTo(Math.log(2) - 2, 6);
  });

  test('dclw gives the far pair more weight: 2 − 2·softmax', () => {
    const [near, far] = [1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(2))];
    const weighted = (2 - 2 * near) * 1 + (2 - 2 * far) * 0;
    const loss = [dcl({ temperature: 1 }), dclw({ temperature: 1, sigma: 0.5 })].map((l) => value(l, [east!, east!], [east!, north!]));
    // the terms of the negatives are the same: only the pull differs, 1·1 + 1·0 without weights
    expect(loss[1]! - loss[0]!).toBeCloseTo((1 - weighted) / 2, 6);
  });

  test('an easy pair still pushes its negatives: its gradient does not vanish as ntXent’s does', () => {
    const rows = { anchors: [[1, 0, 0], [0, 1, 0.1]], positives: [[1, 0, 0], [0, 1, 0.1]] };
    const push = (loss: ContrastiveLoss): number => Math.hypot(...valueAndGradients(loss, rows).gradients.anchors![0]!);
    expect(push(dcl({ temperature: 0.05 }))).toBeGreaterThan(1000 * push(ntXent({ temperature: 0.05 })));
  });
});

describe('supCon', () => {
  const loss = supCon({ temperature: 0.5 });
  const labelled = (...labels: number[]): number => loss({ ...pairs(eye(2), eye(2)), labels: Int32Array.from(labels) }).dataSync()[0]!;

  test('one class of two orthogonal samples costs log(e² + 2) − 2/3', () => {
    expect(labelled(4, 4)).toBeCloseTo(Math.log(Math.exp(2) + 2) - 2 / 3, 6);
  });

  test('where all labels differ, or are unknown, it is ntXent', () => {
    const simclr = value(ntXent({ temperature: 0.5 }), eye(2), eye(2));
    expect(labelled(0, 1)).toBeCloseTo(simclr, 6);
    expect(labelled(-1, -1)).toBeCloseTo(simclr, 6);
  });
});

describe('negativeCosine', () => {
  test('of (1, 0) and (3, 4) is −3/5; of opposite rows 1', () => {
    expect(value(negativeCosine(), [east!], [[3, 4]])).toBeCloseTo(-0.6, 6);
    expect(value(negativeCosine(), [east!, east!], [west!, [7, 0]])).toBeCloseTo(0, 6);
  });

  test('BYOL’s ‖a − p‖² of unit rows is 2 + 2 times it', () => {
    expect(2 + 2 * value(negativeCosine(), [east!], [[0.6, 0.8]])).toBeCloseTo(0.4 ** 2 + 0.8 ** 2, 6);
  });
});

const square = [[1, 1], [-1, 1], [1, -1], [-1, -1]];

describe('barlowTwins', () => {
  test('columns that agree and have nothing in common cost nothing but epsilon', () => {
    expect(value(barlowTwins({ lambda: 0.005 }), square, square)).toBeCloseTo(2 * (1 - 1 / (1 + 1e-5)) ** 2, 8);
  });

  test('columns that say the same cost 2λ', () => {
    const twice = [[1, 1], [-1, -1], [1, 1], [-1, -1]];
    expect(value(barlowTwins({ lambda: 0.25 }), twice, twice)).toBeCloseTo(0.5, 4);
  });

  test('scale and offset of a column do not matter', () => {
    const moved = square.map(([x, y]) => [100 * x! + 7, y! - 3]);
    expect(value(barlowTwins({ lambda: 1 }), moved, square)).toBeCloseTo(value(barlowTwins({ lambda: 1 }), square, square), 4);
  });
});

describe('vicReg', () => {
  const only = (which: string): ContrastiveLoss => vicReg({ invariance: 0, variance: 0, covariance: 0, [which]: 1 });

  test('invariance is the mean of squares', () => {
    expect(value(only('invariance'), square, square.map(([x, y]) => [x! + 1, y!]))).toBeCloseTo(0.5, 6);
  });

  test('variance wants a standard deviation of 1, with N − 1', () => {
    expect(value(only('variance'), square, square)).toBe(0);
    // columns ±0.3 and 0: √(0.12 + 1e-4) and √1e-4
    const narrow = square.map(([x]) => [0.3 * x!, 0]);
    expect(value(only('variance'), narrow, square)).toBeCloseTo((1 - Math.sqrt(0.1201) + 1 - 0.01) / 2 / 2, 5);
  });

  test('covariance counts both triangles, over D, the same by rows and by columns', () => {
    const twice = [[1, 1], [-1, -1], [1, 1], [-1, -1]];
    expect(value(only('covariance'), twice, square)).toBeCloseTo((2 * (4 / 3) ** 2) / 2, 5);
    // more columns than rows: by rows
    const wide = twice.map((row) => [...row, 0, 0, 0]);
    const none = square.map((row) => [...row, 0, 0, 0]);
    expect(value(only('covariance'), wide, none)).toBeCloseTo((2 * (4 / 3) ** 2) / 5, 5);
  });
});

describe('tripletMargin', () => {
  const at = (distance: 'euclidean' | 'squared-euclidean' | 'cosine', miner: Miner, margin: number | 'soft' = 1) =>
    value(tripletMargin({ margin, distance, miner }), [[0, 0]], [[3, 4]], [[0, 2], [0, 7], [9, 12]]);

  test('positive at 5, negatives at 2, 7 and 15', () => {
    expect(at('euclidean', batchHard())).toBeCloseTo(5 - 2 + 1, 5);
    expect(at('euclidean', semiHard())).toBe(0);
    expect(at('euclidean', semiHard(), 3)).toBeCloseTo(5 - 7 + 3, 5);
    expect(at('euclidean', allTriplets())).toBeCloseTo((5 - 2 + 1) / 3, 5);
    expect(at('squared-euclidean', batchHard())).toBeCloseTo(25 - 4 + 1, 4);
    expect(at('euclidean', batchHard(), 'soft')).toBeCloseTo(Math.log(1 + Math.exp(3)), 5);
  });

  test('semi-hard takes the farthest where none is farther than the positive', () => {
    const loss = tripletMargin({ margin: 0, distance: 'euclidean', miner: semiHard() });
    expect(value(loss, [[0, 0]], [[3, 4]], [[0, 2], [0, 3]])).toBeCloseTo(5 - 3, 5);
    // in the batch, too: each anchor's own positive is no candidate
    expect(value(loss, [[0, 0], [0, 0]], [[0, 9], [0, 1]])).toBeCloseTo((9 - 1) / 2, 5);
  });

  test('negatives of an anchor’s own count for it alone, beside the others', () => {
    const [anchors, positives] = [tf.tensor2d([[0, 0], [0, 0]]), tf.tensor2d([[3, 4], [0, 6]])];
    const ownNegatives = tf.tensor3d([[[0, 1], [0, 9]], [[0, 8], [0, 7]]]);
    const loss = tripletMargin({ margin: 0, distance: 'euclidean', miner: batchHard() });
    // the first: its positive at 5, the other's at 6, its own at 1 and 9; the second: 6, 5, 8 and 7
    expect(loss({ anchors, positives, ownNegatives, weight: 1 }).dataSync()[0]).toBeCloseTo(((5 - 1) + (6 - 5)) / 2, 5);
    // instead of the batch a queue at 3
    const negatives = tf.tensor2d([[0, 3]]);
    expect(loss({ anchors, positives, ownNegatives, negatives, weight: 1 }).dataSync()[0]).toBeCloseTo(((5 - 1) + (6 - 3)) / 2, 5);
  });

  test('triplets that cost nothing count in the mean, or do not', () => {
    // positive at 5, negatives at 2, 7 and 15, margin 1: one of three costs something
    const over = (average: 'all' | 'non-zero', margin: number) =>
      value(tripletMargin({ margin, distance: 'euclidean', miner: allTriplets(), average }), [[0, 0]], [[3, 4]], [[0, 2], [0, 7], [9, 12]]);
    expect(over('all', 1)).toBeCloseTo(4 / 3, 5);
    expect(over('non-zero', 1)).toBeCloseTo(4, 5);
    expect(over('non-zero', 3)).toBeCloseTo((6 + 1) / 2, 5);
    expect(value(tripletMargin({ margin: 1, distance: 'euclidean', miner: allTriplets(), average: 'non-zero' }), [[0, 0]], [[0, 1]], [[9, 12]])).toBe(0);
  });

  test('softly, with a margin: log(1 + exp(5 − 2 + 1))', () => {
    const loss = tripletMargin({ margin: { soft: 1 }, distance: 'euclidean', miner: batchHard() });
    expect(value(loss, [[0, 0]], [[3, 4]], [[0, 2]])).toBeCloseTo(Math.log(1 + Math.exp(4)), 5);
  });

  test('cosine compares directions', () => {
    const loss = tripletMargin({ margin: 0.5, distance: 'cosine', miner: batchHard() });
    expect(value(loss, [[5, 0]], [[0, 3]], [[-1, 0]])).toBe(0);
    expect(value(loss, [[5, 0]], [[0, 3]], [[1, 1]])).toBeCloseTo(1 - (1 - Math.SQRT1_2) + 0.5, 5);
  });
});

describe('alignmentUniformity', () => {
  test('two opposite samples, aligned, cost −λ·t·4', () => {
    expect(value(alignmentUniformity({ alpha: 2, t: 2, uniformity: 1 }), [east!, west!], [east!, west!])).toBeCloseTo(-8, 5);
    expect(value(alignmentUniformity({ alpha: 2, t: 1, uniformity: 0.5 }), [east!, west!], [east!, west!])).toBeCloseTo(-2, 5);
  });

  test('alignment is the α-th power of the distance', () => {
    for (const alpha of [1, 2, 3]) {
      const got = value(alignmentUniformity({ alpha, t: 1, uniformity: 0 }), [east!, east!], [west!, west!]);
      expect(got).toBeCloseTo(2 ** alpha, 4);
    }
  });
});

describe('temperature 0.01 stays finite, value and gradient, whatever the rows', () => {
  const losses: Record<string, (given: PositivePairs) => tf.Scalar> = {
    infoNCE: infoNCE({ temperature: 0.01 }),
    both: infoNCE({ temperature: 0.01, direction: 'both' }),
    ntXent: ntXent({ temperature: 0.01 }),
    dcl: dcl({ temperature: 0.01 }),
    dclw: dclw({ temperature: 0.01, sigma: 0.01 }),
    supCon: (given) => supCon({ temperature: 0.01 })({ ...given, labels: Int32Array.of(0, 0, 1) }),
    'ntXent of three views': (given) => ntXent({ temperature: 0.01 })({ ...given, furtherViews: [given.anchors] }),
    'infoNCE with negatives of their own': (given) => infoNCE({ temperature: 0.01 })({ ...given, ownNegatives: tf.expandDims(given.anchors, 1) as tf.Tensor3D }),
    swappedPrediction: swappedPrediction({ temperature: 0.01 }),
    crossEntropy: crossEntropy({ temperature: 0.01 }),
  };
  const opposite = { anchors: [east!, west!, north!], positives: [west!, east!, west!] };
  test.for(Object.entries(losses))('%s', ([, loss]) => {
    for (const numbers of [opposite, generic({}, 1, 3, 3), { anchors: [east!, east!, east!], positives: [east!, east!, east!] }]) {
      const got = valueAndGradients(loss, numbers);
      expect(Number.isFinite(got.value)).toBe(true);
      expect(Object.values(got.gradients).flat(2).every(Number.isFinite)).toBe(true);
    }
  });
});

describe('messages', () => {
  test('of options', () => {
    expect(() => infoNCE({ temperature: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: infoNCE.temperature: received 0, expected a number above 0. Published values run from 0.05 to 1.]`);
    expect(() => infoNCE({ temperature: 0.1, direction: 'columns' as 'rows' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: infoNCE.direction: received "columns", expected one of 'rows', 'both'.]`);
    expect(() => ntXent({ temperature: NaN })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: ntXent.temperature: received NaN, expected a number above 0. Published values run from 0.05 to 1.]`);
    expect(() => dclw({ temperature: 0.1, sigma: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: dclw.sigma: received -1, expected a number above 0. The paper uses 0.5.]`);
    expect(() => barlowTwins({ lambda: -0.1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: barlowTwins.lambda: received -0.1, expected a number of 0 or more.]`);
    expect(() => vicReg({ invariance: 25, variance: NaN, covariance: 1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: vicReg.variance: received NaN, expected a number of 0 or more.]`);
    expect(() => tripletMargin({ margin: -1, distance: 'cosine', miner: allTriplets() })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: tripletMargin.margin: received -1, expected a number of 0 or more, 'soft', or { soft: a number of 0 or more }.]`);
    expect(() => tripletMargin({ margin: { soft: NaN }, distance: 'cosine', miner: allTriplets() })).toThrow('tripletMargin.margin: received {"soft":null}, expected a number of 0 or more');
    expect(() => tripletMargin({ margin: 1, distance: 'cosine', miner: allTriplets(), average: 'some' as 'all' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: tripletMargin.average: received "some", expected one of 'all', 'non-zero'.]`);
    expect(() => supCon({ temperature: 1, rows: 'one' as 'pairs' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supCon.rows: received "one", expected one of 'pairs', 'one set'.]`);
    expect(() => tripletMargin({ margin: 1, distance: 'manhattan' as 'cosine', miner: allTriplets() })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: tripletMargin.distance: received "manhattan", expected one of 'euclidean', 'squared-euclidean', 'cosine'.]`);
    expect(() => alignmentUniformity({ alpha: 0, t: 2, uniformity: 1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: alignmentUniformity.alpha: received 0, expected a number above 0.]`);
  });

  test('of pairs', () => {
    const given = pairs(eye(2), eye(2), eye(2));
    expect(() => infoNCE({ temperature: 1, direction: 'both' })(given)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: infoNCE.direction: received "both", expected 'rows' where pairs have negatives. Take rows, or leave the negatives out.]`);
    const own = { ...pairs(eye(2), eye(2)), ownNegatives: tf.zeros([2, 1, 2]) as tf.Tensor3D };
    expect(() => infoNCE({ temperature: 1, direction: 'both' })(own)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: infoNCE.direction: received "both", expected 'rows' where pairs have negatives. Take rows, or leave the negatives out.]`);
    expect(() => infoNCE({ temperature: 1 })({ ...own, ownNegatives: tf.zeros([3, 1, 2]) as tf.Tensor3D })).toThrowErrorMatchingInlineSnapshot(`[ShapeError: infoNCE: ownNegatives is [3, 1, 2], expected [N, k, D] = [2, k, 2] as in anchors. Take all of them after the projection head.]`);
    expect(() => infoNCE({ temperature: 1 })({ ...own, ownNegatives: tf.zeros([2, 0, 2]) as tf.Tensor3D })).toThrowErrorMatchingInlineSnapshot(`[ShapeError: infoNCE: ownNegatives is [2, 0, 2], expected at least 1 row. Leave negatives out if there are none.]`);
    expect(() => negativeCosine()(own)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: negativeCosine.ownNegatives: received [2,1,2], expected none. This loss has no use for them: take infoNCE.]`);
    expect(() => ntXent({ temperature: 1 })(given)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: ntXent.negatives: received [2,2], expected none. This loss has no use for them: take infoNCE.]`);
    const third = { ...pairs(eye(2), eye(2)), furtherViews: [tf.tensor2d(eye(2))] };
    expect(() => infoNCE({ temperature: 1 })(third)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: infoNCE.furtherViews: received 1, expected none. This loss compares two views: pair them by otherView with directions 'both' or 'once'.]`);
    expect(() => ntXent({ temperature: 1 })({ ...third, furtherViews: [tf.tensor2d(eye(3))] })).toThrowErrorMatchingInlineSnapshot(`[ShapeError: ntXent: furtherViews[0] is [3, 3], expected [N, D] = [2, 2] as in anchors. Take all of them after the projection head.]`);
    expect(() => supCon({ temperature: 1 })(pairs(eye(2), eye(2)))).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supCon.labels: received undefined, expected 2 classes, one per pair. Take a strategy that passes labels on.]`);
    expect(() => ntXent({ temperature: 1 })(pairs([east!], [east!]))).toThrowErrorMatchingInlineSnapshot(`[ShapeError: ntXent: anchors is [1, 2], expected at least 2 rows. Use larger batches.]`);
    expect(() => infoNCE({ temperature: 1 })(pairs(eye(2), eye(3)))).toThrowErrorMatchingInlineSnapshot(`[ShapeError: infoNCE: positives is [3, 3], expected [N, D] = [2, 2] as in anchors. Take all of them after the projection head.]`);
    const none = { ...pairs(eye(2), eye(2)), negatives: tf.zeros([0, 2]) as tf.Tensor2D };
    expect(() => infoNCE({ temperature: 1 })(none)).toThrowErrorMatchingInlineSnapshot(`[ShapeError: infoNCE: negatives is [0, 2], expected at least 1 row. Leave negatives out if there are none.]`);
  });
});

test.each([1e-8, 1e-4, 1e4])('cosine losses do not depend on the length of rows: the same at %d times the length', (scale) => {
  const { anchors: rows, positives } = generic({}, 5, 6, 4);
  const times = (matrix: readonly (readonly number[])[], by: number): Matrix => matrix.map((row) => row.map((x) => x * by));
  for (const loss of [ntXent({ temperature: 0.2 }), infoNCE({ temperature: 0.2 }), dcl({ temperature: 0.2 }), negativeCosine()]) {
    const [plain, other] = [value(loss, times(rows, 1), times(positives, 1)), value(loss, times(rows, scale), times(positives, scale))];
    expect(other, loss.lossName).toBeCloseTo(plain, 5);
  }
});
