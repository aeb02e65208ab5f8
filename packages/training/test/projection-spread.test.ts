import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectionSpread } from '../src/index.js';
import golden from './golden/rank.json' with { type: 'json' };

/** As in the golden file's program. */
const made = (rows: number, columns: number, fall: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, at) => {
      const [i, d] = [Math.floor(at / columns), at % columns];
      return Math.sin(1 + 3 * i + 5 * d + i * d) / (1 + d) ** fall;
    }),
    [rows, columns],
  );

describe.each(['tensorflow', 'cpu'])('projectionSpread on %s', (backend) => {
  let before: string;
  beforeAll(async () => {
    before = tf.getBackend();
    await tf.setBackend(backend);
  });
  afterAll(async () => void (await tf.setBackend(before)));

  test('orthogonal rows of one length use as many directions as there are', () => {
    expect(projectionSpread(tf.eye(4)).projectionRank).toBeCloseTo(4, 10);
    expect(projectionSpread(tf.mul(tf.eye(4), 1e3)).projectionRank).toBeCloseTo(4, 10);
  });

  test('singular values 3 and 1 have shares of ¾ and ¼', () => {
    const expected = Math.exp(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)));
    expect(projectionSpread(tf.tensor2d([[3, 0, 0], [0, 1, 0]])).projectionRank).toBeCloseTo(expected, 10);
  });

  test('rows that all point one way have deviation 0 and rank 1, whatever their lengths', () => {
    const { projectionDeviation, projectionRank } = projectionSpread(tf.tensor2d(Array.from({ length: 100 }, (_, i) => [i + 1, 2 * i + 2, -i - 1, 0])));
    expect(projectionDeviation).toBeCloseTo(0, 4);
    expect(projectionRank).toBeCloseTo(1, 6);
  });

  test('rows on a line through 0 have a deviation but one direction', () => {
    const { projectionDeviation, projectionRank } = projectionSpread(tf.tensor2d(Array.from({ length: 100 }, (_, i) => [(-1) ** i, 0])));
    expect(projectionDeviation).toBeCloseTo(Math.SQRT1_2, 5);
    expect(projectionRank).toBeCloseTo(1, 6);
  });

  test('rows of zeros have neither', () => {
    expect(projectionSpread(tf.zeros([3, 5]))).toEqual({ projectionDeviation: 0, projectionRank: 0 });
  });

  test.each(golden.cases)('$rows x $columns: what numpy finds', ({ rows, columns, fall, rank, deviation }) => {
    const x = made(rows, columns, fall);
    const found = projectionSpread(x);
    // within 1e-6 of it: sines and powers of JavaScript and numpy may differ in the last digit of float32
    expect(Math.abs(found.projectionRank / rank - 1)).toBeLessThan(1e-6);
    expect(found.projectionDeviation).toBeCloseTo(deviation, 5);
    x.dispose();
  });

  test('leaves no tensor behind, and refuses what is no matrix', () => {
    const x = tf.ones([7, 3]) as tf.Tensor2D;
    const count = tf.memory().numTensors;
    projectionSpread(x);
    expect(tf.memory().numTensors).toBe(count);
    expect(() => projectionSpread(tf.ones([3]) as never)).toThrowErrorMatchingInlineSnapshot(`[ShapeError: projectionSpread: projections is [3], expected [N, D].]`);
  });
});
