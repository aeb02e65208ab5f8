import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { batchNorm, conv2d, conv2dBranch, maxPool } from '../../src/index.js';
import golden from '../golden/torch-ops.json' with { type: 'json' };
import { differences, expectNear, expectNoLeak, gradientOf, normals, onBothBackends, type Saved, tensorOf } from '../support/values.js';

const { tolerance } = golden;
const at = ([, h, w, c]: readonly number[], n: number, y: number, x: number, z: number): number => ((n * h! + y) * w! + x) * c! + z;

interface Window {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

/** Every output place with the input places beneath its window, padding left out. */
function places([n, h, w]: readonly number[], { size, stride, padding }: Window) {
  const length = (side: number): number => Math.floor((side + 2 * padding - size) / stride) + 1;
  const list: { n: number; y: number; x: number; under: { y: number; x: number; ky: number; kx: number }[] }[] = [];
  for (let image = 0; image < n!; image += 1)
    for (let y = 0; y < length(h!); y += 1)
      for (let x = 0; x < length(w!); x += 1) {
        const under = [];
        for (let ky = 0; ky < size; ky += 1)
          for (let kx = 0; kx < size; kx += 1) {
            const [iy, ix] = [y * stride + ky - padding, x * stride + kx - padding];
            if (iy >= 0 && iy < h! && ix >= 0 && ix < w!) under.push({ y: iy, x: ix, ky, kx });
          }
        list.push({ n: image, y, x, under });
      }
  return list;
}

function convolved(x: Saved, filter: Saved, window: Window): number[] {
  const [, , inputs, outputs] = filter.shape as [number, number, number, number];
  return places(x.shape, window).flatMap(({ n, under }) =>
    Array.from({ length: outputs }, (_, o) =>
      under.reduce((sum, place) => {
        for (let c = 0; c < inputs; c += 1) {
          sum += x.values[at(x.shape, n, place.y, place.x, c)]! * filter.values[((place.ky * window.size + place.kx) * inputs + c) * outputs + o]!;
        }
        return sum;
      }, 0),
    ),
  );
}

const pooled = (x: Saved, window: Window): number[] =>
  places(x.shape, window).flatMap(({ n, under }) =>
    Array.from({ length: x.shape[3]! }, (_, c) => Math.max(...under.map((place) => x.values[at(x.shape, n, place.y, place.x, c)]!))),
  );

onBothBackends(() => {
  describe('conv2d', () => {
    test('ones under a 3x3 window of ones count the places that are inside', () => {
      const y = conv2d(tf.ones([1, 4, 4, 1]), tf.ones([3, 3, 1, 1]), { stride: 2, padding: 1 });
      expect(y.arraySync()).toEqual([[[[4], [6]], [[6], [9]]]]);
    });

    test.each(golden.convolutions.map((run) => [`${run.x.shape} by ${run.filter.shape}, stride ${run.stride}, padding ${run.padding}`, run] as const))(
      "equals torch's, with both gradients: %s",
      (_, { x, filter, dy, y, dx, dfilter, ...window }) => {
        const [input, weights] = [tensorOf<tf.Tensor4D>(x), tensorOf<tf.Tensor4D>(filter)];
        const result = conv2d(input, weights, window);
        expect(result.shape).toEqual(y.shape);
        expectNear(result, y.values, tolerance);
        expectNear(gradientOf((t) => conv2d(t as tf.Tensor4D, weights, window), x, dy.values), dx.values, tolerance);
        expectNear(gradientOf((t) => conv2d(input, t as tf.Tensor4D, window), filter, dy.values), dfilter.values, tolerance);
      },
    );

    test.each([
      { size: 3, stride: 2, padding: 1 },
      { size: 3, stride: 1, padding: 2 },
      { size: 1, stride: 2, padding: 0 },
      { size: 2, stride: 3, padding: 1 },
    ])('equals loops over numbers and their differences: %o', (window) => {
      const [x, filter] = [normals([2, 6, 5, 2]), normals([window.size, window.size, 2, 3], 'filter')];
      const [input, weights] = [tensorOf<tf.Tensor4D>(x), tensorOf<tf.Tensor4D>(filter)];
      const y = convolved(x, filter, window);
      const dy = normals([y.length], 'dy').values;
      expectNear(conv2d(input, weights, window), y, 2e-6);
      const along = (values: readonly number[]): number[] => convolved({ ...x, values }, filter, window);
      expectNear(gradientOf((t) => conv2d(t as tf.Tensor4D, weights, window), x, dy), differences(along, x.values, dy), 5e-6);
      const across = (values: readonly number[]): number[] => convolved(x, { ...filter, values }, window);
      expectNear(gradientOf((t) => conv2d(input, t as tf.Tensor4D, window), filter, dy), differences(across, filter.values, dy), 5e-6);
    });
  });

  describe('conv2dBranch', () => {
    const x = normals([2, 5, 6, 3]);
    const filter = normals([3, 3, 3, 4], 'filter');
    const window = { stride: 2, padding: 1 };
    // the second branch bends x, so that its gradient is another one everywhere
    const separate = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor => tf.add(tf.sum(tf.square(conv2d(a, b, window))), tf.sum(tf.sin(a)));
    const parted = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor => {
      const branch = conv2dBranch(a, b, window);
      return tf.add(tf.sum(tf.square(branch.y)), tf.sum(tf.sin(branch.x)));
    };

    test("gives the convolution and x, and the sum of both branches' gradients", () => {
      const [input, weights] = [tensorOf<tf.Tensor4D>(x), tensorOf<tf.Tensor4D>(filter)];
      const branch = conv2dBranch(input, weights, window);
      expectNear(branch.y, [...conv2d(input, weights, window).dataSync()], 0);
      expectNear(branch.x, x.values, 0);
      const gradients = (of: typeof parted) => tf.grads((a, b) => of(a as tf.Tensor4D, b as tf.Tensor4D))([input, weights]);
      const want = gradients(separate);
      gradients(parted).forEach((each, i) => expectNear(each, [...want[i]!.dataSync()], tolerance));
    });

    test('a branch that nobody takes adds nothing', () => {
      const [input, weights] = [tensorOf<tf.Tensor4D>(x), tensorOf<tf.Tensor4D>(filter)];
      const alone = tf.grad((a) => tf.sum(tf.square(conv2dBranch(a as tf.Tensor4D, weights, window).y)))(input);
      expectNear(alone, [...tf.grad((a) => tf.sum(tf.square(conv2d(a as tf.Tensor4D, weights, window))))(input).dataSync()], tolerance);
    });
  });

  describe('maxPool', () => {
    test('padding never wins, not even among numbers below 0', () => {
      const y = maxPool(tf.fill([1, 3, 3, 1], -5) as tf.Tensor4D, { size: 3, stride: 2, padding: 1 });
      expect(y.arraySync()).toEqual([[[[-5], [-5]], [[-5], [-5]]]]);
    });

    test.each(golden.poolings.map((run) => [`${run.x.shape}, size ${run.size}, stride ${run.stride}, padding ${run.padding}`, run] as const))(
      "equals torch's, with its gradient: %s",
      (_, { x, dy, y, dx, ...window }) => {
        expectNear(maxPool(tensorOf(x), window), y.values, 0.5e-6);
        expectNear(gradientOf((t) => maxPool(t as tf.Tensor4D, window), x, dy.values), dx.values, tolerance);
      },
    );

    test('equals loops over numbers and their differences', () => {
      for (const window of [{ size: 3, stride: 2, padding: 1 }, { size: 2, stride: 1, padding: 0 }]) {
        const x = normals([2, 5, 6, 3]);
        const y = pooled(x, window);
        const dy = normals([y.length], 'dy').values;
        expectNear(maxPool(tensorOf(x), window), y, 0);
        const f = (values: readonly number[]): number[] => pooled({ ...x, values }, window);
        expectNear(gradientOf((t) => maxPool(t as tf.Tensor4D, window), x, dy), differences(f, x.values, dy), 2e-6);
      }
    });

    test('where several are largest, the gradient is shared out whole', () => {
      const dx = gradientOf((t) => maxPool(t as tf.Tensor4D, { size: 2, stride: 2, padding: 0 }), { shape: [1, 2, 2, 1], values: [1, 1, 1, 1] }, [3]);
      expect([...dx.dataSync()].reduce((sum, value) => sum + value, 0)).toBe(3);
    });
  });

  describe('batchNorm', () => {
    const small = { scale: tf.tensor1d([2]), offset: tf.tensor1d([10]) };

    test('1 and 3 have mean 2 and biased variance 1', () => {
      const { y, mean, variance } = batchNorm(tf.tensor2d([[1], [3]]), small.scale, small.offset, 0);
      expect([y, mean, variance].map((tensor) => [...tensor.dataSync()])).toEqual([[8, 12], [2], [1]]);
    });

    test.each(golden.normalisations.map((run) => [run.x.shape.join(), run] as const))("equals torch's, with its three gradients: %s", (_, run) => {
      const [scale, offset] = [tensorOf<tf.Tensor1D>(run.scale), tensorOf<tf.Tensor1D>(run.offset)];
      const { y, mean, variance } = batchNorm(tensorOf(run.x), scale, offset, run.epsilon);
      expect(y.shape).toEqual(run.x.shape);
      expectNear(y, run.y.values, tolerance);
      expectNear(mean, run.mean.values, tolerance);
      expectNear(variance, run.variance.values, tolerance);
      const x = tensorOf(run.x);
      expectNear(gradientOf((t) => batchNorm(t, scale, offset, run.epsilon).y, run.x, run.dy.values), run.dx.values, tolerance);
      expectNear(gradientOf((t) => batchNorm(x, t as tf.Tensor1D, offset, run.epsilon).y, run.scale, run.dy.values), run.dscale.values, tolerance);
      expectNear(gradientOf((t) => batchNorm(x, scale, t as tf.Tensor1D, run.epsilon).y, run.offset, run.dy.values), run.doffset.values, tolerance);
    });

    test('equals the formula and its differences, also where the numbers lie far from 0', () => {
      const [rows, columns, epsilon] = [6, 3, 1e-3];
      const x = normals([rows, columns]);
      const [scale, offset] = [normals([columns], 'scale'), normals([columns], 'offset')];
      const f = (values: readonly number[]): number[] => {
        const column = (c: number): number[] => Array.from({ length: rows }, (_, r) => values[r * columns + c]!);
        const statistics = Array.from({ length: columns }, (_, c) => {
          const mean = column(c).reduce((sum, value) => sum + value, 0) / rows;
          return { mean, variance: column(c).reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows };
        });
        return values.map((value, i) => {
          const { mean, variance } = statistics[i % columns]!;
          return (scale.values[i % columns]! * (value - mean)) / Math.sqrt(variance + epsilon) + offset.values[i % columns]!;
        });
      };
      const run = (t: tf.Tensor): tf.Tensor => batchNorm(t, tensorOf(scale), tensorOf(offset), epsilon).y;
      const dy = normals([rows * columns], 'dy').values;
      expectNear(run(tensorOf(x)), f(x.values), 2e-6);
      expectNear(gradientOf(run, x, dy), differences(f, x.values, dy), 1e-5);
      const far = { ...x, values: x.values.map((value) => Math.fround(value + 1000)) };
      // 1000 ± 1 in float32 has steps of 6e-5; squares of the numbers themselves would lose all digits
      expectNear(run(tensorOf(far)), f(far.values), 1e-3);
    });
  });

  test('none leaves a tensor behind but its results', () => {
    const x = tensorOf<tf.Tensor4D>(normals([2, 6, 6, 2]));
    const filter = tensorOf<tf.Tensor4D>(normals([3, 3, 2, 3]));
    const [scale, offset] = [tf.ones([2]) as tf.Tensor1D, tf.zeros([2]) as tf.Tensor1D];
    const ops: ((x: tf.Tensor4D) => tf.Tensor)[] = [
      (t) => conv2d(t, filter, { stride: 2, padding: 1 }),
      (t) => maxPool(t, { size: 3, stride: 2, padding: 1 }),
    ];
    for (const op of ops) {
      expectNoLeak(() => op(x));
      expectNoLeak(() => tf.grad((t) => tf.sum(op(t as tf.Tensor4D)))(x));
    }
    const rows = tensorOf<tf.Tensor2D>(normals([5, 2]));
    expectNoLeak(() => Object.values(batchNorm(x, scale, offset, 1e-5)));
    expectNoLeak(() => Object.values(batchNorm(rows, scale, offset, 1e-5)));
    expectNoLeak(() => tf.grad((t) => tf.sum(batchNorm(t, scale, offset, 1e-5).y))(rows));
  });
});
