import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { hsvToRgb, l2Normalize, logSumExp, relu, rgbToHsv, stopGradient, withoutGradient } from '../../src/index.js';
import colours from '../golden/colours.json' with { type: 'json' };
import { differences, expectNear, expectNoLeak, gradientOf, normals, onBothBackends, type Saved, tensorOf } from '../support/values.js';

/** A function over the rows of a matrix, as one over flat lists. */
const byRows = (columns: number, f: (row: readonly number[]) => readonly number[]) => (x: readonly number[]): number[] =>
  Array.from({ length: x.length / columns }, (_, i) => f(x.slice(i * columns, (i + 1) * columns))).flat();
const dyOf = (length: number): readonly number[] => normals([length], 'dy').values;

onBothBackends(() => {
  describe('relu', () => {
    test('keeps what is above 0; the gradient at 0 is 0', () => {
      expectNear(relu(tf.tensor1d([-1, 0, 2])), [0, 0, 2], 0);
      expect([...gradientOf(relu, { shape: [3], values: [-1, 0, 2] }, [5, 6, 7]).dataSync()]).toEqual([0, 0, 7]);
    });

    test('equals its formula and its differences', () => {
      const x = normals([2, 3, 4, 5]);
      const f = (values: readonly number[]): number[] => values.map((value) => Math.max(value, 0));
      expectNear(relu(tensorOf(x)), f(x.values), 0);
      expectNear(gradientOf(relu, x, dyOf(120)), differences(f, x.values, dyOf(120)), 1e-6);
    });
  });

  describe('l2Normalize', () => {
    const f = byRows(7, (row) => row.map((value) => value / Math.sqrt(Math.max(row.reduce((sum, other) => sum + other * other, 0), 1e-12))));

    test('a row of 3 and 4 becomes 0.6 and 0.8', () => {
      expectNear(l2Normalize(tf.tensor2d([[3, 4]])), [0.6, 0.8], 1e-7);
    });

    test('equals its formula and its differences', () => {
      const x = normals([5, 7]);
      expectNear(l2Normalize(tensorOf(x)), f(x.values), 1e-6);
      expectNear(gradientOf((t) => l2Normalize(t), x, dyOf(35)), differences(f, x.values, dyOf(35)), 5e-6);
    });

    test('does not change when a row is scaled, over twenty-three powers of ten', () => {
      const x = tensorOf<tf.Tensor2D>(normals([3, 7]));
      const plain = [...l2Normalize(x).dataSync()];
      for (const scale of [1e-8, 1e-4, 1e4, 1e15]) expectNear(l2Normalize(tf.mul(x, scale)), plain, 1e-6);
    });

    test('a row of zeros stays zeros, with a finite gradient', () => {
      const zeros: Saved = { shape: [1, 3], values: [0, 0, 0] };
      expect([...l2Normalize(tensorOf(zeros)).dataSync()]).toEqual([0, 0, 0]);
      expectNear(gradientOf((t) => l2Normalize(t), zeros, [1, -2, 3]), [1e12, -2e12, 3e12], 1e-5);
    });

    test('a row shorter than √epsilon is divided by √epsilon', () => {
      const short: Saved = { shape: [2, 2], values: [0.003, 0.004, 0.06, 0.07] };
      expectNear(l2Normalize(tensorOf(short), 1e-2), [0.03, 0.04, 0.6, 0.7], 1e-6);
      expectNear(gradientOf((t) => l2Normalize(t, 1e-2), short, [1, -2, 3, 4]), [10, -20, 30, 40], 1e-5);
    });
  });

  describe('logSumExp', () => {
    const f = byRows(6, (row) => {
      const top = Math.max(...row);
      return [top + Math.log(row.reduce((sum, value) => sum + Math.exp(value - top), 0))];
    });

    test('two equal numbers give log 2 more, however large', () => {
      expectNear(logSumExp(tf.tensor2d([[1000, 1000], [-1000, -1000], [0, 0]])), [1000, -1000, 0].map((value) => value + Math.LN2), 1e-6);
    });

    test('equals its formula and its differences', () => {
      const x = normals([4, 6]);
      expectNear(logSumExp(tensorOf(x)), f(x.values), 1e-6);
      expectNear(gradientOf((t) => logSumExp(t), x, dyOf(4)), differences(f, x.values, dyOf(4)), 5e-6);
    });

    test('keeps the last axis where asked', () => {
      const x = tensorOf(normals([2, 3, 6]));
      expect([logSumExp(x).shape, logSumExp(x, true).shape]).toEqual([[2, 3], [2, 3, 1]]);
      expect([...logSumExp(x, true).dataSync()]).toEqual([...logSumExp(x).dataSync()]);
      expectNear(gradientOf((t) => logSumExp(t, true), normals([4, 6]), dyOf(4)), differences(f, normals([4, 6]).values, dyOf(4)), 5e-6);
    });

    test('an entry of −∞ counts as absent, in value and gradient', () => {
      const x: Saved = { shape: [1, 3], values: [-Infinity, 1, 2] };
      expectNear(logSumExp(tensorOf(x)), [Math.log(Math.E + Math.E ** 2)], 1e-6);
      expectNear(gradientOf((t) => logSumExp(t), x, [1]), [0, 1 / (1 + Math.E), Math.E / (1 + Math.E)], 1e-6);
    });
  });

  describe('withoutGradient', () => {
    test('gives what the function makes of x, and no gradient reaches x', () => {
      const x: Saved = { shape: [2], values: [3, -4] };
      expect([...withoutGradient(tensorOf(x), tf.square).dataSync()]).toEqual([9, 16]);
      expect([...gradientOf((t) => tf.mul(t, withoutGradient(t, tf.square)), x, [1, 1]).dataSync()]).toEqual([9, 16]);
      expectNear(gradientOf((t) => withoutGradient(t, tf.square), x, [1, 1]), [0, 0], 0);
    });
  });

  describe('stopGradient', () => {
    test('x·stop(x) has slope x, and stop(x) alone none', () => {
      const x: Saved = { shape: [2], values: [3, -4] };
      expect([...stopGradient(tensorOf(x)).dataSync()]).toEqual([3, -4]);
      expect([...gradientOf((t) => tf.mul(t, stopGradient(t)), x, [1, 1]).dataSync()]).toEqual([3, -4]);
      expectNear(gradientOf((t) => stopGradient(tf.square(t)), x, [1, 1]), [0, 0], 0);
    });

    test('of what is freed before the way back', () => {
      const x: Saved = { shape: [2], values: [3, -4] };
      const freed = (t: tf.Tensor): tf.Tensor => tf.tidy(() => tf.neg(stopGradient(tf.add(t, 1))));
      expectNear(gradientOf((t) => tf.add(t, freed(t)), x, [1, 1]), [1, 1], 0);
    });
  });

  describe('hsv', () => {
    const flat = (list: number[][]): number[] => list.flat();

    test("equals Python's colorsys, both ways", () => {
      expectNear(rgbToHsv(tf.tensor2d(colours.rgb)), flat(colours.hsv), 1e-6);
      expectNear(hsvToRgb(tf.tensor2d(colours.hsv)), flat(colours.rgb), 1e-6);
    });

    test('there and back is where it was, for images too', () => {
      const x = tf.sigmoid(tensorOf<tf.Tensor4D>(normals([2, 4, 5, 3])));
      expectNear(hsvToRgb(rgbToHsv(x)), [...x.dataSync()], 1e-6);
      expect(rgbToHsv(x).shape).toEqual([2, 4, 5, 3]);
    });

    test('a hue of a whole turn is a hue of none', () => {
      expectNear(hsvToRgb(tf.tensor2d([[1, 1, 1], [0, 1, 1]])), [1, 0, 0, 1, 0, 0], 1e-6);
    });
  });

  test('none leaves a tensor behind but its result', () => {
    const x = tensorOf<tf.Tensor2D>(normals([4, 6]));
    const colour = tf.sigmoid(tensorOf<tf.Tensor2D>(normals([4, 3])));
    for (const op of [relu, l2Normalize, logSumExp, stopGradient] as ((x: tf.Tensor) => tf.Tensor)[]) {
      expectNoLeak(() => op(x));
      expectNoLeak(() => tf.grad((t) => tf.sum(op(t)))(x));
    }
    for (const op of [rgbToHsv, hsvToRgb]) expectNoLeak(() => op(colour));
  });
});
