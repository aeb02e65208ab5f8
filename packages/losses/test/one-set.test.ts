/** One labelled set of rows, without other views: no row is its own positive. And batches that teach nothing. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { allTriplets, batchHard, easyPositive, type Miner, supCon, tripletMargin } from '../src/index.js';
import { closeRows, differences, generic, valueAndGradients } from './contract.js';
import golden from './golden/losses.json' with { type: 'json' };
import { onEveryBackend } from './support/backends.js';
import * as loops from './support/loops.js';

type Loss = ReturnType<typeof supCon>;
const miners: Record<string, Miner> = { allTriplets: allTriplets(), batchHard: batchHard(), 'easyPositive, hardest': easyPositive({ negative: 'hardest' }) };

/** Value and gradient of rows that are anchors and positives at once. */
function ofOneSet(loss: Loss, rows: readonly (readonly number[])[], labels: readonly number[]): { value: number; gradient: number[][] } {
  const given = tf.tensor2d(rows as number[][]);
  const { value, grad } = tf.valueAndGrad((x) => loss({ anchors: x as tf.Tensor2D, positives: x as tf.Tensor2D, labels: Int32Array.from(labels), weight: 1 }))(given);
  const result = { value: value.dataSync()[0]!, gradient: grad.arraySync() as number[][] };
  tf.dispose([given, value, grad]);
  return result;
}

onEveryBackend(() => {
  test.each(golden.oneSet.map((one) => [one.reference, one] as const))('is what %s gives, gradient included', (_, { loss, options, labels, factor, value, gradient }) => {
    const given = options as { temperature: number; margin: number; distance: 'euclidean'; miner: string; average: 'all' };
    const made = loss === 'supCon' ? supCon({ temperature: given.temperature, rows: 'one set' }) : tripletMargin({ ...given, miner: miners[given.miner]!, rows: 'one set' });
    const before = tf.memory().numTensors;
    const got = ofOneSet(made, golden.inputs.anchors, labels);
    expect(tf.memory().numTensors).toBe(before);
    expect(Math.abs(got.value * factor - value)).toBeLessThanOrEqual(2e-5 * (1 + value));
    closeRows(got.gradient.map((row) => row.map((entry) => entry * factor)), gradient, 1e-4, 'rows');
  });

  test('equals the formulas written as loops, gradient included, with rows that no other is of the class of', () => {
    const rows = generic({}, 5, 7, 3).anchors;
    const labels = [0, 1, -1, 0, 2, 1, -1];
    const both = (compute: (of: loops.Rows) => number) => differences(({ anchors }) => compute(anchors), { anchors: rows, positives: rows }, 'anchors');
    const soft = { margin: 'soft', distance: 'squared-euclidean', miner: batchHard(), rows: 'one set' } as const;
    const byLoops = {
      supCon: (of: loops.Rows) => loops.supConOfOneSet(of, labels, 0.3),
      triplets: (of: loops.Rows) => loops.tripletMargin({ anchors: of, positives: of, labels }, 'soft', 'squared-euclidean', 'batchHard', { oneSet: true }),
    };
    for (const [made, compute] of [[supCon({ temperature: 0.3, rows: 'one set' }), byLoops.supCon], [tripletMargin(soft), byLoops.triplets]] as const) {
      const got = ofOneSet(made, rows, labels);
      expect(Math.abs(got.value - compute(rows))).toBeLessThan(1e-5 * (1 + got.value));
      closeRows(got.gradient, both(compute), 1e-4, 'rows');
    }
  });

  test('where every row is a class of its own the loss is 0, and so is its gradient', () => {
    const rows = generic({}, 6, 5, 3).anchors;
    for (const made of [supCon({ temperature: 0.1, rows: 'one set' }), tripletMargin({ margin: 1, distance: 'euclidean', miner: batchHard(), rows: 'one set' })]) {
      for (const labels of [[0, 1, 2, 3, 4], [-1, -1, -1, -1, -1]]) {
        const { value, gradient } = ofOneSet(made, rows, labels);
        expect([value, ...gradient.flat()].every((entry) => entry === 0)).toBe(true);
      }
    }
    expect(golden.nothingToLearn['supCon, every row a class']).toBe(0);
  });
});

describe('a batch of one class', () => {
  const numbers = { ...generic({}, 7, 4, 3), labels: [2, 2, 2, 2] };

  test('costs supCon what the formula says, as in the authors’ code, and not 0, as in PyTorch Metric Learning', () => {
    const got = valueAndGradients(supCon({ temperature: 0.5 }), numbers);
    expect(golden.nothingToLearn.supCon).toBe(0);
    expect(got.value).toBeCloseTo(loops.supCon(numbers, 0.5), 5);
    closeRows(got.gradients.anchors!, differences((x) => loops.supCon(x, 0.5), numbers, 'anchors'), 1e-4, 'anchors');
    // least where all rows are equally similar: log of the 2N − 1 others
    const same = { anchors: [[1, 2], [1, 2]], positives: [[1, 2], [1, 2]], labels: [0, 0] };
    expect(valueAndGradients(supCon({ temperature: 0.5 }), same).value).toBeCloseTo(Math.log(3), 5);
    expect(got.value).toBeGreaterThan(Math.log(7));
  });

  test('has no triplet: 0, as in PyTorch Metric Learning', () => {
    const { value, gradients } = valueAndGradients(tripletMargin({ margin: 0.5, distance: 'cosine', miner: allTriplets() }), numbers);
    expect([value, golden.nothingToLearn.tripletMargin]).toEqual([0, 0]);
    expect(Object.values(gradients).flat(2).every((entry) => entry === 0)).toBe(true);
  });
});

test('one set is one tensor with labels', () => {
  const [a, other] = [tf.tensor2d([[1, 0], [0, 1]]), tf.tensor2d([[1, 0], [0, 1]])];
  const labels = Int32Array.of(0, 0);
  const loss = supCon({ temperature: 1, rows: 'one set' });
  expect(() => loss({ anchors: a, positives: other, labels, weight: 1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: supCon.positives: received "other rows", expected the anchors themselves, as rows is 'one set'. Give one tensor as both, or take rows: 'pairs'.]`);
  const triplets = tripletMargin({ margin: 1, distance: 'cosine', miner: batchHard(), rows: 'one set' });
  expect(() => triplets({ anchors: a, positives: a, weight: 1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: tripletMargin.labels: received undefined, expected the class of each row, as rows is 'one set'. Take a strategy that passes labels on.]`);
});
