/** The losses of prototypes and clusters: by hand, where rows do not count, and what they say when they refuse. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { crossEntropy, swappedPrediction } from '../src/index.js';
import { valueAndGradients } from './contract.js';

const pairs = (anchors: number[][], positives: number[][]) => ({ anchors: tf.tensor2d(anchors), positives: tf.tensor2d(positives), weight: 1 });

describe('swappedPrediction', () => {
  test('a code half and half over scores 2 and 0 at τ = 2 costs log(1 + e⁻¹) + ½', () => {
    const value = swappedPrediction({ temperature: 2 })(pairs([[2, 0]], [[0.5, 0.5]])).arraySync();
    expect(value).toBeCloseTo(Math.log(1 + Math.exp(-1)) + 0.5, 6);
  });

  test('stays finite where a naive softmax underflows to log(0)', () => {
    expect(swappedPrediction({ temperature: 0.01 })(pairs([[1, -1]], [[0, 1]])).arraySync()).toBeCloseTo(200, 3);
  });

  test('all rows count: a code of zeros makes the mean smaller', () => {
    const codes = [[1, 0], [0, 0]];
    const scores = [[2, 0], [5, 1]];
    const swapped = swappedPrediction({ temperature: 1 })(pairs(scores, codes)).arraySync();
    expect(2 * swapped).toBeCloseTo(crossEntropy({ temperature: 1 })(pairs(scores, codes)).arraySync(), 6);
  });

  test('messages', () => {
    expect(() => swappedPrediction({ temperature: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: swappedPrediction.temperature: received 0, expected a number above 0. Published values run from 0.05 to 1.]`);
    expect(() => swappedPrediction({ temperature: 1 })(pairs([[1, 2]], [[1, 2, 3]]))).toThrowErrorMatchingInlineSnapshot(`[ShapeError: swappedPrediction: positives is [1, 3], expected [N, K] = [1, 2] as in anchors. Scores and codes have one column a prototype.]`);
  });
});

describe('crossEntropy', () => {
  test('rows without a target have no value and no gradient, and do not count in the mean', () => {
    const loss = crossEntropy({ temperature: 0.5 });
    const some = valueAndGradients(loss, { anchors: [[1, 0, 2], [3, 1, 1], [0, 1, 0]], positives: [[0, 1, 0], [0, 0, 0], [1, 0, 0]] });
    const only = valueAndGradients(loss, { anchors: [[1, 0, 2], [0, 1, 0]], positives: [[0, 1, 0], [1, 0, 0]] });
    expect(some.value).toBeCloseTo(only.value, 6);
    expect(some.gradients.anchors![1]).toEqual([0, 0, 0]);
    some.gradients.anchors![2]!.forEach((value, k) => expect(value).toBeCloseTo(only.gradients.anchors![1]![k]!, 6));
  });

  test('its gradient for the scores is (softmax − target) / (τ · rows that count)', () => {
    const { gradients } = valueAndGradients(crossEntropy({ temperature: 2 }), { anchors: [[2, 0]], positives: [[0, 1]] });
    const first = 1 / (1 + Math.exp(-1));
    [first / 2, (1 - first - 1) / 2].forEach((value, k) => expect(gradients.anchors![0]![k]).toBeCloseTo(value, 6));
  });

  test('where no row has a target it is an error, never NaN or 0, and leaves nothing behind', () => {
    const given = pairs([[1, 2], [3, 4]], [[0, 0], [0, 0]]);
    const before = tf.memory().numTensors;
    expect(() => crossEntropy({ temperature: 1 })(given)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: crossEntropy.positives: received "zeros in all 2 rows", expected a target in at least one row. No row counts: leave the step out.]`);
    expect(tf.memory().numTensors).toBe(before);
  });
});
