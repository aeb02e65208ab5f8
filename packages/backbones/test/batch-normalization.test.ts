import { flattenParameters, KindredError } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchNormalization, disposeNetwork, networkState, restoreNetwork } from '../src/index.js';
import { onBackends } from './support/backends.js';

const f32 = (values: ArrayLike<number>): Float32Array => Float32Array.from(values);

/** The formula of the paper and PyTorch's moving statistics, in float64, over rows of C values. */
function byLoops(
  rows: readonly number[][],
  settings: { scale: number[]; offset: number[]; mean: number[]; variance: number[]; momentum: number; epsilon: number },
): { train: number[]; eval: number[]; mean: number[]; variance: number[] } {
  const { scale, offset, mean, variance, momentum, epsilon } = settings;
  const n = rows.length;
  const batchMean = scale.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / n);
  const batchVariance = scale.map((_, c) => rows.reduce((sum, row) => sum + (row[c]! - batchMean[c]!) ** 2, 0) / n);
  const normalise = (m: number[], v: number[]): number[] =>
    rows.flatMap((row) => row.map((x, c) => (scale[c]! * (x - m[c]!)) / Math.sqrt(v[c]! + epsilon) + offset[c]!));
  const moved = (old: number[], batch: number[]): number[] => old.map((x, c) => (1 - momentum) * x + momentum * batch[c]!);
  return {
    train: normalise(batchMean, batchVariance),
    eval: normalise(mean, variance),
    mean: moved(mean, batchMean),
    variance: moved(variance, batchVariance.map((v) => (v * n) / (n - 1))),
  };
}

const number = fc.double({ min: -3, max: 3, noNaN: true });
const positive = fc.double({ min: 0.2, max: 3, noNaN: true });
const list = (value: fc.Arbitrary<number>, length: number): fc.Arbitrary<number[]> =>
  fc.array(value, { minLength: length, maxLength: length });

onBackends('batchNormalization', () => {
  test('two values become −1 and 1; the moving variance follows the unbiased 2, not the biased 1', () => {
    const layer = batchNormalization({ channels: 1, epsilon: 0 });
    const y = tf.tidy(() => layer.apply(tf.tensor2d([[1], [3]]), 'train').arraySync());
    expect(y).toEqual([[-1], [1]]);
    const state = networkState(layer);
    expect(state['running_mean']!.values[0]).toBeCloseTo(0.9 * 0 + 0.1 * 2, 6);
    expect(state['running_var']!.values[0]).toBeCloseTo(0.9 * 1 + 0.1 * 2, 6);
    disposeNetwork(layer);
  });

  test.each([
    ['rows [6, 3]', [6, 3]],
    ['images [2, 1, 3, 3]', [2, 1, 3, 3]],
  ])('equals the formula, written as loops, for %s in both modes', (_, shape) => {
    fc.assert(
      fc.property(
        list(list(number, 3) as unknown as fc.Arbitrary<number>, 6) as unknown as fc.Arbitrary<number[][]>,
        list(number, 3),
        list(number, 3),
        list(number, 3),
        list(positive, 3),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(1e-5, 1e-3, 0.5),
        (rows, scale, offset, mean, variance, momentum, epsilon) => {
          const values = { scale, offset, mean, variance };
          const layer = batchNormalization({ channels: 3, momentum, epsilon });
          restoreNetwork('test', layer, {
            weight: { shape: [3], values: f32(scale) },
            bias: { shape: [3], values: f32(offset) },
            running_mean: { shape: [3], values: f32(mean) },
            running_var: { shape: [3], values: f32(variance) },
          });
          const rounded = rows.map((row) => Array.from(f32(row)));
          const expected = byLoops(rounded, { ...values, momentum, epsilon });
          const apply = (mode: 'train' | 'eval'): Float32Array =>
            tf.tidy(() => layer.apply(tf.tensor(f32(rows.flat()), shape), mode).dataSync() as Float32Array);
          expectNear(apply('eval'), expected.eval);
          // a channel of nearly equal values is scaled by up to 1/sqrt(1e-5)
          expectNear(apply('train'), expected.train, 1e-3);
          const state = networkState(layer);
          expectNear(state['running_mean']!.values, expected.mean);
          expectNear(state['running_var']!.values, expected.variance);
          disposeNetwork(layer);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('two groups of one channel by hand: each its own mean, the moving ones their average', () => {
    const layer = batchNormalization({ channels: 1, epsilon: 0, splits: 2 });
    const x = tf.tensor2d([[1], [3], [10], [30]]);
    expect(tf.tidy(() => layer.apply(x, 'train').arraySync())).toEqual([[-1], [1], [-1], [1]]);
    const state = networkState(layer);
    expect(state['running_mean']!.values[0]).toBeCloseTo(0.1 * ((2 + 20) / 2), 5);
    expect(state['running_var']!.values[0]).toBeCloseTo(0.9 + 0.1 * ((2 + 200) / 2), 4); // unbiased: 2 and 200
    x.dispose();
    disposeNetwork(layer);
  });

  test.each([
    ['rows [6, 3]', [6, 3], 3],
    ['rows [6, 3]', [6, 3], 2],
    ['images [2, 1, 3, 3]', [2, 1, 3, 3], 2],
  ])('%s in groups are the groups apart, as loops: %j, %i groups; eval knows no groups', (_, shape, splits) => {
    fc.assert(
      fc.property(
        list(list(number, 3) as unknown as fc.Arbitrary<number>, 6) as unknown as fc.Arbitrary<number[][]>,
        list(number, 3),
        list(number, 3),
        list(positive, 3),
        (rows, scale, mean, variance) => {
          const values = { scale, offset: mean, mean, variance, momentum: 0.3, epsilon: 0.1 };
          const layer = batchNormalization({ channels: 3, momentum: 0.3, epsilon: 0.1, splits });
          restoreNetwork('test', layer, {
            weight: { shape: [3], values: f32(scale) },
            bias: { shape: [3], values: f32(mean) },
            running_mean: { shape: [3], values: f32(mean) },
            running_var: { shape: [3], values: f32(variance) },
          });
          const each = 6 / splits;
          const groups = Array.from({ length: splits }, (_, g) => byLoops(rows.slice(g * each, (g + 1) * each), values));
          const apply = (mode: 'train' | 'eval'): Float32Array =>
            tf.tidy(() => layer.apply(tf.tensor(f32(rows.flat()), shape), mode).dataSync() as Float32Array);
          expectNear(apply('eval'), byLoops(rows, values).eval);
          expectNear(apply('train'), groups.flatMap(({ train }) => train));
          const average = (of: 'mean' | 'variance'): number[] => [0, 1, 2].map((c) => groups.reduce((sum, group) => sum + group[of][c]!, 0) / splits);
          const state = networkState(layer);
          expectNear(state['running_mean']!.values, average('mean'));
          expectNear(state['running_var']!.values, average('variance'));
          disposeNetwork(layer);
        },
      ),
      { numRuns: 15 },
    );
  });

  test.each(['train', 'eval'] as const)('has the gradient of finite differences in mode %s', (mode) => {
    const layer = batchNormalization({ channels: 2, epsilon: 0.1, momentum: 0 });
    const start = { scale: [0.7, -1.3], offset: [0.2, 0.5], mean: [0.3, -0.4], variance: [0.8, 1.7], momentum: 0, epsilon: 0.1 };
    const state = (): void =>
      restoreNetwork('test', layer, {
        weight: { shape: [2], values: f32(start.scale) },
        bias: { shape: [2], values: f32(start.offset) },
        running_mean: { shape: [2], values: f32(start.mean) },
        running_var: { shape: [2], values: f32(start.variance) },
      });
    state();
    const x = [[0.3, -1.1], [0.9, 0.4], [-0.5, 1.6]];
    const probe = [0.3, -0.7, 1.1, 0.6, -0.2, 0.9];
    const value = (rows: number[][], settings: typeof start): number =>
      byLoops(rows, settings)[mode].reduce((sum, y, i) => sum + y * probe[i]!, 0);
    const difference = (change: (by: number) => number): number => (change(1e-5) - change(-1e-5)) / 2e-5;

    const input = tf.variable(tf.tensor2d(x));
    const { weight, bias } = layer.parameters() as Record<string, tf.Variable>;
    const { value: loss, grads } = tf.variableGrads(
      () => tf.sum(tf.mul(layer.apply(input, mode), tf.tensor2d(probe, [3, 2]))) as tf.Scalar,
      [input, weight!, bias!],
    );
    const bumped = (list: number[], at: number, by: number): number[] => list.map((entry, i) => (i === at ? entry + by : entry));
    expectNear(
      grads[input.name]!.dataSync(),
      x.flatMap((row, n) => row.map((_, c) => difference((by) => value(x.map((r, i) => (i === n ? bumped(r, c, by) : r)), start)))),
    );
    expectNear(
      grads[weight!.name]!.dataSync(),
      [0, 1].map((c) => difference((by) => value(x, { ...start, scale: bumped(start.scale, c, by) }))),
    );
    expectNear(
      grads[bias!.name]!.dataSync(),
      [0, 1].map((c) => difference((by) => value(x, { ...start, offset: bumped(start.offset, c, by) }))),
    );
    tf.dispose([input, loss, grads]);
    disposeNetwork(layer);
  });

  test.each([
    [true, ['weight', 'bias']],
    ['scale-only' as const, ['weight']],
    [false, []],
  ])('affine %s learns %j, and starts by changing nothing', (affine, names) => {
    const layer = batchNormalization({ channels: 1, affine, epsilon: 0 });
    expect(Object.keys(flattenParameters(layer.parameters()))).toEqual(names);
    expect(Object.keys(layer.buffers())).toEqual(['running_mean', 'running_var']);
    expect(tf.tidy(() => layer.apply(tf.tensor2d([[-2], [2]]), 'train').dataSync())).toEqual(f32([-1, 1]));
    disposeNetwork(layer);
  });

  test('eval mode moves nothing, train mode inside a gradient does, and neither leaves a tensor', () => {
    const layer = batchNormalization({ channels: 2 });
    const { weight, bias } = layer.parameters() as Record<string, tf.Variable>;
    const x = tf.tensor2d([[1, 2], [3, 5]]);
    const before = networkState(layer);
    const count = tf.memory().numTensors;
    layer.apply(x, 'eval').dispose();
    expect(networkState(layer)).toEqual(before);
    const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(layer.apply(x, 'train'))) as tf.Scalar, [weight!, bias!]);
    tf.dispose([value, grads]);
    expect(tf.memory().numTensors).toBe(count);
    expectNear(networkState(layer)['running_mean']!.values, [0.2, 0.35]);
    x.dispose();
    disposeNetwork(layer);
    expect(tf.memory().numTensors).toBe(count - 5);
  });
});

describe('refuses', () => {
  const message = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (KindredError.is(error)) return `${error.name}: ${error.message}`;
    }
    return 'nothing of ours was thrown';
  };

  test('a batch of one row in train mode, another number of channels, and numbers out of range', () => {
    const layer = batchNormalization({ channels: 2 });
    expect(message(() => layer.apply(tf.zeros([1, 2]), 'train'))).toMatchInlineSnapshot(`"ShapeError: batchNormalization: input [1, 2] has one value a channel, expected two or more in training. Use a larger batch, or mode 'eval'."`);
    expect(message(() => layer.apply(tf.zeros([2, 3]), 'train'))).toMatchInlineSnapshot(`"ShapeError: batchNormalization: input is [2, 3], expected [N, 2] or [N, H, W, 2]."`);
    const groups = batchNormalization({ channels: 2, splits: 2 });
    expect(message(() => groups.apply(tf.zeros([3, 2]), 'train'))).toMatchInlineSnapshot(`"ShapeError: batchNormalization: input [3, 2] has 3 rows, expected a multiple of 2, the groups of a batch. Use a batch size that splits divides, and drop an incomplete last batch."`);
    expect(message(() => groups.apply(tf.zeros([2, 2]), 'train'))).toMatchInlineSnapshot(`"ShapeError: batchNormalization: input [2, 2] has one value a channel and group, expected two or more in training. Use a larger batch, or mode 'eval'."`);
    expect(message(() => batchNormalization({ channels: 2, splits: 0 }))).toMatchInlineSnapshot(`"ArgumentError: batchNormalization.splits: received 0, expected a whole number above 0."`);
    expect(message(() => batchNormalization({ channels: 0 }))).toMatchInlineSnapshot(`"ArgumentError: batchNormalization.channels: received 0, expected a whole number above 0."`);
    expect(message(() => batchNormalization({ channels: 2, momentum: 99 }))).toMatchInlineSnapshot(`"ArgumentError: batchNormalization.momentum: received 99, expected a number of 0..1. PyTorch's default is 0.1."`);
    expect(message(() => batchNormalization({ channels: 2, epsilon: -1 }))).toMatchInlineSnapshot(`"ArgumentError: batchNormalization.epsilon: received -1, expected a number of at least 0."`);
  });
});

function expectNear(found: ArrayLike<number>, expected: readonly number[], tolerance = 2e-4): void {
  expect(found.length).toBe(expected.length);
  const worst = expected.reduce((at, value, i) => {
    const error = (index: number): number => Math.abs(found[index]! - expected[index]!) / Math.max(1, Math.abs(expected[index]!));
    return Number.isNaN(found[i]!) || Number.isNaN(value) || error(i) > error(at) ? i : at;
  }, 0);
  const scale = Math.max(1, Math.abs(expected[worst]!));
  expect(Math.abs(found[worst]! - expected[worst]!) / scale, `entry ${worst}: ${found[worst]} for ${expected[worst]}`).toBeLessThan(tolerance);
}
