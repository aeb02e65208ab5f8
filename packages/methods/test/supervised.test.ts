import { projectionHead, smallResNet } from '@kindred/backbones';
import { random, type StepOutputs } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { classLabels, supervised } from '../src/index.js';
import { outputs, strategyContract } from './contract.js';
import { rows, tensor } from './support.js';

strategyContract('classLabels', () => classLabels({ classes: 4 }));

const stream = random(1);
const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: stream });
const classifier = projectionHead({ input: 8, layers: [4], batchNorm: 'none', random: stream.fork('c') });
const method = supervised({ encoder, classifier, classes: 4 });
const step = (views: number[][][], labels: number[]): StepOutputs => ({
  projections: views.map(tensor),
  step: 0,
  sampleIds: Int32Array.from(labels, (_, i) => i),
  labels: Int32Array.from(labels),
});
const byLoops = (logits: number[][], labels: number[]): number => {
  const terms = logits.flatMap((row, i) =>
    labels[i]! < 0 ? [] : [Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[labels[i]!]!],
  );
  return terms.reduce((sum, x) => sum + x, 0) / terms.length;
};

describe('supervised', () => {
  test('its loss is the cross-entropy of logits and labels, the mean over views; unknown labels do not count', () => {
    const [a, b] = [rows(1, 5, 4), rows(2, 5, 4)];
    for (const labels of [[0, 3, 2, 1, 0], [1, -1, -1, 3, 2]]) {
      expect(method.loss(step([a], labels)).arraySync()).toBeCloseTo(byLoops(a, labels), 5);
      expect(method.loss(step([a, b], labels)).arraySync()).toBeCloseTo((byLoops(a, labels) + byLoops(b, labels)) / 2, 5);
    }
  });

  test('steps down its gradient bring the loss of one batch below a tenth', () => {
    const views = [tf.tensor4d(rows(3, 8, 64).flat(), [8, 8, 8, 1])];
    const labels = [0, 1, 2, 3, 0, 1, 2, 3];
    const optimizer = tf.train.adam(0.03);
    const loss = (): tf.Scalar => method.loss({ ...step([], labels), ...method.forward(views, 'train') });
    const first = loss().arraySync();
    for (let i = 0; i < 40; i++) {
      const { value, grads } = tf.variableGrads(loss);
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      tf.dispose([value, grads]);
    }
    expect(loss().arraySync()).toBeLessThan(first / 10);
  });

  test('messages', () => {
    expect(() => supervised({ encoder, classifier, classes: 3 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supervised.classifier: received 4, expected dimension 3, one a class.]`);
    expect(() => classLabels({ classes: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: classLabels.classes: received 0, expected a whole number above 0.]`);
    const { projections, sampleIds } = outputs(1);
    expect(() => method.loss({ projections, sampleIds, step: 0 })).toThrowErrorMatchingInlineSnapshot(`[StateError: classLabels.select: the step has no labels. Train on a dataset with labels.]`);
    expect(() => method.loss(step([rows(1, 2, 4)], [0, 4]))).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: classLabels.select.labels: received 4, expected classes of 0..3, or −1.]`);
    expect(() => method.loss(step([rows(1, 2, 4)], [-1, -1]))).toThrowErrorMatchingInlineSnapshot(`[StateError: classLabels.select: none of the 2 samples has a known class. Leave samples without one out of the dataset.]`);
    expect(() => method.loss(step([rows(1, 2, 3)], [0, 1]))).toThrowErrorMatchingInlineSnapshot(`[ShapeError: classLabels.select: projections[0] is [2, 3], expected [2, 4]. The head must end in one number a class.]`);
  });
});
