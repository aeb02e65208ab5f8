/** Distances of rows that are far from the origin, or from one another: where |a|² − 2ab + |b|² drowns them. */
import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { allTriplets, batchHard, tripletMargin } from '../src/index.js';
import { allSquaredDistances } from '../src/distances.js';
import { closeRows, differences, valueAndGradients } from './contract.js';
import { onEveryBackend } from './support/backends.js';
import * as loops from './support/loops.js';

const draws = random(6);
/** Rows on a lattice of 1/64 around centres, which float32 holds exactly. */
const around = (centres: readonly number[], count: number): number[][] =>
  Array.from({ length: count }, (_, i) => [0, 1, 2].map((d) => (d < 2 ? centres[i % centres.length]! : 0) + draws.integer(16) / 64));

/** Generic rows around centres, as float32 holds them: no two distances are equal. */
const scattered = (centres: readonly number[], count: number): number[][] =>
  Array.from({ length: count }, (_, i) => [0, 1, 2].map((d) => Math.fround((d < 2 ? centres[i % centres.length]! : 0) + 0.2 * draws.normal())));

onEveryBackend(() => {
  test.each([[[1000]], [[-1000, 1000]], [[0, 1000]]])('squared distances of rows around %s, and their gradients, are those of float64', (centres) => {
    const [a, b] = [around(centres, 7), around(centres, 5)];
    const weights = Array.from({ length: 7 }, () => Array.from({ length: 5 }, () => draws.normal()));
    const exact = a.map((x) => b.map((y) => x.reduce((sum, value, d) => sum + (value - y[d]!) ** 2, 0)));
    const got = allSquaredDistances(tf.tensor2d(a), tf.tensor2d(b)).arraySync();
    // relative to each distance, not to the lengths
    exact.forEach((row, i) => row.forEach((value, j) => expect(Math.abs(got[i]![j]! - value)).toBeLessThanOrEqual(1e-5 * value)));
    const [ofA, ofB] = tf.grads((x, y) => tf.sum(tf.mul(allSquaredDistances(x as tf.Tensor2D, y as tf.Tensor2D), weights)))([tf.tensor2d(a), tf.tensor2d(b)]);
    const wanted = (rows: number[][], others: number[][], weight: (i: number, j: number) => number): number[][] =>
      rows.map((x, i) => x.map((value, d) => others.reduce((sum, y, j) => sum + 2 * weight(i, j) * (value - y[d]!), 0)));
    closeRows(ofA!.arraySync() as number[][], wanted(a, b, (i, j) => weights[i]![j]!), 1e-5, 'a');
    closeRows(ofB!.arraySync() as number[][], wanted(b, a, (j, i) => weights[i]![j]!), 1e-5, 'b');
  });

  test('of equal rows they are 0, whatever their length', () => {
    const rows = tf.tensor2d([[1000.3, -7], [0.1, 0.2], [-999.7, 3e-3]]);
    expect([0, 1, 2].map((i) => (allSquaredDistances(rows, rows).arraySync())[i]![i])).toEqual([0, 0, 0]);
  });

  test.each([['euclidean', 0.5], ['euclidean', 'soft'], ['squared-euclidean', 0.5]] as const)('triplets by %s, margin %s, mine and cost what they do near the origin', (distance, margin) => {
    for (const [name, miner] of [['allTriplets', allTriplets()], ['batchHard', batchHard()]] as const) {
      for (const centres of [[1000], [-1000, 1000]]) {
        // both members of a class lie at one centre: else there are only large distances to mine
        const numbers = { anchors: scattered(centres, 8), positives: scattered(centres, 8), labels: [0, 1, 2, 3, 0, 1, 2, 3] };
        const loss = tripletMargin({ margin, distance, miner });
        const got = valueAndGradients(loss, numbers);
        const value = loops.tripletMargin(numbers, margin, distance, name);
        expect(Math.abs(got.value - value)).toBeLessThan(1e-5 * (1 + value));
        const byLoops = (given: loops.Numbers): number => loops.tripletMargin(given, margin, distance, name);
        for (const input of ['anchors', 'positives'] as const) closeRows(got.gradients[input]!, differences(byLoops, numbers, input), 2e-4, input);
      }
    }
  });
});

describe('without near rows', () => {
  test('leaves no tensor behind', () => {
    const [a, b] = [tf.tensor2d(around([0, 50], 6)), tf.tensor2d(around([0, 50], 4))];
    const before = tf.memory().numTensors;
    tf.dispose(tf.grads((x, y) => tf.sum(allSquaredDistances(x as tf.Tensor2D, y as tf.Tensor2D)))([a, b]));
    expect(tf.memory().numTensors).toBe(before);
  });
});
