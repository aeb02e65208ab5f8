import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { matrixProduct } from '../../src/index.js';
import { expectNear, expectNoLeak, normals, onBothBackends, type Saved, tensorOf } from '../support/values.js';

type Matrix = readonly (readonly number[])[];
const matrixOf = ({ shape, values }: Saved): Matrix => Array.from({ length: shape[0]! }, (_, i) => values.slice(i * shape[1]!, (i + 1) * shape[1]!));
const transposed = (m: Matrix): Matrix => m[0]!.map((_, j) => m.map((row) => row[j]!));
const times = (a: Matrix, b: Matrix): Matrix => a.map((row) => transposed(b).map((column) => row.reduce((sum, x, k) => sum + x * column[k]!, 0)));
/** 3 less a value, so that a backend that keeps more than the matrix has no zeros there. */
const moved = (x: tf.Tensor2D): tf.Tensor2D => tf.sub(3, x);
const movedMatrix = (m: Matrix): Matrix => m.map((row) => row.map((x) => 3 - x));

/** webgl leaves matrices below 128 values to the CPU. */
const cases = [
  [32, 20, 24],
  [33, 20, 24],
  [32, 21, 24],
  [32, 20, 25],
  [33, 21, 25],
  [1, 1, 1],
].flatMap(([n, k, m]) => [false, true].flatMap((tA) => [false, true].map((tB) => [n!, k!, m!, tA, tB] as const)));

onBothBackends(() => {
  describe('matrixProduct', () => {
    test.each(cases)('of %i x %i and %i columns, transposed %s and %s, is the sum of products, and so are its gradients', (n, k, m, tA, tB) => {
      const [a, b, dy] = [normals(tA ? [k, n] : [n, k], 'a'), normals(tB ? [m, k] : [k, m], 'b'), normals([n, m], 'dy')];
      const [left, right] = [movedMatrix(matrixOf(a)), movedMatrix(matrixOf(b))];
      const [A, B] = [tA ? transposed(left) : left, tB ? transposed(right) : right];
      const G = movedMatrix(matrixOf(dy));
      const [dA, dB] = [times(G, transposed(B)), times(transposed(A), G)];

      const value = tf.tidy(() => matrixProduct(moved(tensorOf(a)), moved(tensorOf(b)), tA, tB));
      expect(value.shape).toEqual([n, m]);
      expectNear(value, times(A, B).flat(), 1e-5);
      const loss = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
        tf.sum(tf.mul(matrixProduct(moved(x as tf.Tensor2D), moved(y as tf.Tensor2D), tA, tB), moved(tensorOf(dy))));
      const [gradA, gradB] = tf.tidy(() => tf.grads(loss)([tensorOf(a), tensorOf(b)]));
      expectNear(tf.neg(gradA!), (tA ? transposed(dA) : dA).flat(), 1e-5);
      expectNear(tf.neg(gradB!), (tB ? transposed(dB) : dB).flat(), 1e-5);
    });

    test('leaves nothing behind', () => {
      const [a, b] = [tf.ones([3, 5]) as tf.Tensor2D, tf.ones([5, 3]) as tf.Tensor2D];
      expectNoLeak(() => matrixProduct(a, b));
    });
  });
});
