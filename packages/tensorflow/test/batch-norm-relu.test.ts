import { batchNormRelu } from '@kindred/core';
import { getKernel, grads, mul, sum, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { expectClose, leaksNothing, numbers, onCpu, run } from './support/kernels.js';
import { normalisation } from './support/loops.js';

const epsilon = 1e-2;

/** Inputs with `channels` last; `far` moves x away from 0. */
function inputs(shape: readonly number[], far = 0): Record<'x' | 'scale' | 'offset' | 'side' | 'dy', Tensor> {
  const channels = shape.at(-1)!;
  return { x: numbers(shape).add(far), scale: numbers([channels], 2), offset: numbers([channels], 3), side: numbers(shape, 5), dy: numbers(shape, 4) };
}

/** y, mean, variance, dx, dscale, doffset and dside, as numbers. */
function kernels({ x, scale, offset, side, dy }: ReturnType<typeof inputs>, sided: boolean): ArrayLike<number>[] {
  const [y, mean, variance] = run('KindredBatchNormRelu', { x, scale, offset, ...(sided && { side }) }, { epsilon, sided }) as [Tensor, Tensor, Tensor];
  const gradients = run('KindredBatchNormReluGrad', { dy, x, y, scale, offset, mean, variance }, { epsilon, sided });
  return [y, mean, variance, ...gradients].map((tensor) => tensor.dataSync());
}

/** The same by loops over numbers in float64. */
function loops({ x, scale, offset, side, dy }: ReturnType<typeof inputs>, sided: boolean): ArrayLike<number>[] {
  const [xs, scales, offsets, sides] = [x.dataSync(), scale.dataSync(), offset.dataSync(), side.dataSync()] as const;
  const before = normalisation(xs, scales, offsets, xs, epsilon).y.map((value, i) => value + (sided ? sides[i]! : 0));
  const masked = Float64Array.from(dy.dataSync(), (value, i) => (before[i]! > 0 ? value : 0));
  const { mean, variance, dx, dscale, doffset } = normalisation(xs, scales, offsets, masked, epsilon);
  return [before.map((value) => Math.max(value, 0)), mean, variance, dx, dscale, doffset, ...(sided ? [masked] : [])];
}

// the ops are compiled at set-up, where there is a compiler
const compiled = getKernel('KindredBatchNormRelu', 'tensorflow') !== undefined;

// whole vectors, a rest, fewer channels than a vector, rows of two dimensions, and one that several threads share
const shapes = [[3, 4, 5, 16], [3, 4, 5, 11], [2, 3, 3, 3], [9, 24], [40, 16, 16, 8]];

test.runIf(compiled).each(shapes.flatMap((shape) => [true, false].map((sided) => ({ shape, sided }))))(
  'equals loops over numbers, forward and backward: $shape, sided $sided',
  ({ shape, sided }) => {
    const given = inputs(shape);
    const want = loops(given, sided);
    const got = kernels(given, sided);
    expect(got).toHaveLength(want.length);
    // sums of gradients grow with the rows
    const rows = given.x.size / shape.at(-1)!;
    want.forEach((values, i) => expectClose(got[i]!, values, i === 4 || i === 5 ? 1e-5 * Math.max(1, rows / 100) : 1e-5));
  },
);

test.runIf(compiled)('keeps the variance of values far from 0', () => {
  const given = inputs([6, 8, 8, 16], 300);
  const [, , variance] = loops(given, false);
  // float32 holds 300 to 3e-5 only; sums of squares of 90,000 would lose all of the variance's digits
  expectClose(kernels(given, false)[2]!, variance!, 1e-5);
});

test.runIf(compiled)('equals the operations one after the other, through the operation of core', async () => {
  const { x, scale, offset, side, dy } = inputs([3, 4, 5, 6]);
  const compute = (): ArrayLike<number>[] => {
    const apply = (...[a, b, c, d]: Tensor[]) => batchNormRelu(a as Tensor4D, b as Tensor1D, c as Tensor1D, epsilon, d as Tensor4D);
    const { y, mean, variance } = apply(x, scale, offset, side);
    const gradients = grads((...given) => sum(mul(apply(...given).y, dy)))([x, scale, offset, side]);
    return [y, mean, variance, ...gradients].map((tensor) => tensor.dataSync());
  };
  const want = await onCpu(compute);
  compute().forEach((values, i) => expectClose(values, want[i]!, 1e-5));
});

test.runIf(compiled)('a run repeats bit by bit', () => {
  const given = inputs([40, 16, 16, 8]);
  expect(kernels(given, true)).toEqual(kernels(given, true));
});

test.runIf(compiled)('leaves no tensors and no native handles behind', () => {
  leaksNothing(() => {
    const given = inputs([3, 4, 5, 6]);
    kernels(given, true);
    kernels(given, false);
  });
});

test.runIf(compiled)('a side of another shape is refused, not read past its end', () => {
  const { x, scale, offset } = inputs([3, 4, 5, 6]);
  expect(() => run('KindredBatchNormRelu', { x, scale, offset, side: numbers([2, 6]) }, { epsilon, sided: true })).toThrow(/side must be shaped as x/);
});
