import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { curvatureOf } from '../src/curvature.js';
import { toBlocks } from '../src/softmax-objective.js';
import { noScaling } from '../src/standardize.js';

/** (XᵀX / nK + ridge) z, and K⁻¹ of the bias, in loops over float64. */
function timesCurvature(x: Float32Array, dimension: number, classes: number, ridge: number, z: Float64Array): Float64Array {
  const rows = x.length / dimension;
  const result = z.map((value, i) => (i < dimension * classes ? ridge * value : value / classes));
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < classes; k++) {
      let along = 0;
      for (let d = 0; d < dimension; d++) along += x[row * dimension + d]! * z[d * classes + k]!;
      for (let d = 0; d < dimension; d++) result[d * classes + k]! += (x[row * dimension + d]! * along) / (rows * classes);
    }
  }
  return result;
}

test.each([
  ['many rows of few dimensions', 300, 7],
  ['few rows of many dimensions', 40, 150],
  ['dimensions beyond what is factored at once', 500, 210],
])('the solution times the curvature is the gradient: %s', async (_, rows, dimension) => {
  const before = tf.memory().numTensors;
  const [classes, regularization] = [3, 30];
  const draws = random(4).fork(rows);
  const values = Float32Array.from({ length: rows * dimension }, () => draws.normal());
  const gradient = Float64Array.from({ length: (dimension + 1) * classes }, () => draws.normal());
  const blocks = toBlocks({ values, dimension }, noScaling(dimension));
  const curvature = curvatureOf(blocks, classes);
  for (const lambda of [regularization, 2 * regularization]) {
    const back = timesCurvature(values, dimension, classes, lambda / rows, await curvature.solve(gradient, lambda));
    // float32, condition of up to 300: the worst seen was 2e-5
    back.forEach((value, i) => expect(Math.abs(value - gradient[i]!), String(i)).toBeLessThan(2e-4));
  }
  curvature.dispose();
  blocks.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a singular curvature is still one that descends', async () => {
  const values = Float32Array.from({ length: 200 * 20 }, (_, i) => (i % 20 < 10 ? Math.sin(i - (i % 20)) : 0)); // rank 1
  const blocks = toBlocks({ values, dimension: 20 }, noScaling(20));
  const curvature = curvatureOf(blocks, 2);
  const gradient = Float64Array.from({ length: 42 }, (_, i) => Math.cos(i));
  const solved = await curvature.solve(gradient, 1e-9);
  expect(solved.reduce((sum, value, i) => sum + value * gradient[i]!, 0)).toBeGreaterThan(0);
  curvature.dispose();
  blocks.dispose();
});
