import { type BatchNormSync, syncBatchNorm } from '@kindred/core';
import { concat, getKernel, grads, mul, slice, sum, type Tensor, type Tensor1D, tensor2d, type Tensor4D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { expectClose, leaksNothing, numbers, onCpu, run } from './support/kernels.js';
import { normalisation } from './support/loops.js';

const epsilon = 1e-2;

type Case = { readonly shape: readonly number[]; readonly relu: boolean; readonly sided: boolean };

/** The rows of two ranks, one below the other; `far` moves x away from 0. */
function inputs(shape: readonly number[], far = 0): Record<'x' | 'scale' | 'offset' | 'side' | 'dy', Tensor> {
  const channels = shape.at(-1)!;
  const both = [2 * shape[0]!, ...shape.slice(1)];
  return { x: numbers(both).add(far), scale: numbers([channels], 2), offset: numbers([channels], 3), side: numbers(both, 5), dy: numbers(both, 4) };
}

/** The joint batch by loops over numbers in float64: y, mean, variance, dx, dside of the first half of the rows; dscale and doffset of it; what both ranks have together. */
function loops({ x, scale, offset, side, dy }: ReturnType<typeof inputs>, { relu, sided }: Case) {
  const [xs, scales, offsets, sides] = [x.dataSync(), scale.dataSync(), offset.dataSync(), side.dataSync()] as const;
  const before = normalisation(xs, scales, offsets, xs, epsilon).y.map((value, i) => value + (sided ? sides[i]! : 0));
  const g = Float64Array.from(dy.dataSync(), (value, i) => (!relu || before[i]! > 0 ? value : 0));
  const { mean, variance, dx } = normalisation(xs, scales, offsets, g, epsilon);
  const channels = scales.length;
  const half = <List extends { slice(start: number, end: number): List }>(values: List): List => values.slice(0, xs.length / 2);
  /** Σ g and Σ g ⊙ (x − mean) over the first rows. */
  const sums = (values: number): Float32Array => {
    const result = new Float64Array(2 * channels);
    for (let i = 0; i < values; i++) {
      const c = i % channels;
      result[c]! += g[i]!;
      result[channels + c]! += g[i]! * (xs[i]! - mean[c]!);
    }
    return Float32Array.from(result);
  };
  const own = sums(xs.length / 2);
  const dscale = Float64Array.from(mean, (_, c) => own[channels + c]! / Math.sqrt(variance[c]! + epsilon));
  const y = before.map((value) => (relu ? Math.max(value, 0) : value));
  const results = [half(y), mean, variance, half(dx), dscale, own.slice(0, channels), ...(sided ? [half(g)] : [])];
  return { results, together: { moments: Float32Array.from([...mean, ...variance]), sums: sums(xs.length) } };
}

/** The same of the first rank, the second of which only those sums are known. */
function firstRank({ x, scale, offset, side, dy }: ReturnType<typeof inputs>, { relu, sided }: Case, together: ReturnType<typeof loops>['together']): ArrayLike<number>[] {
  const half = (tensor: Tensor): Tensor => slice(tensor, 0, tensor.shape[0]! / 2);
  const sync: BatchNormSync = {
    ranks: 2,
    moments: ({ shape }) => tensor2d(together.moments, shape),
    sums: ({ shape }) => tensor2d(together.sums, shape),
  };
  const apply = (...[a, b, c, d]: Tensor[]) => syncBatchNorm(a as Tensor4D, b as Tensor1D, c as Tensor1D, epsilon, sync, { relu, side: d as Tensor4D | undefined });
  const given = [half(x), scale, offset, ...(sided ? [half(side)] : [])];
  const { y, mean, variance } = apply(...given);
  const gradients = grads((...each) => sum(mul(apply(...each).y, half(dy))))(given);
  return [y, mean, variance, ...gradients].map((tensor) => tensor.dataSync());
}

// the ops are compiled at set-up, where there is a compiler
const compiled = getKernel('KindredSyncBatchNorm', 'tensorflow') !== undefined;

const kinds = [{ relu: true, sided: true }, { relu: true, sided: false }, { relu: false, sided: false }];
// whole vectors, a rest, fewer channels than a vector, rows of two dimensions, and one that several threads share
const shapes = [[3, 4, 5, 16], [3, 4, 5, 11], [2, 3, 3, 3], [9, 24], [40, 16, 16, 8]];
const cases: Case[] = shapes.flatMap((shape) => kinds.map((kind) => ({ shape, ...kind })));

function expectLoops(got: ArrayLike<number>[], want: ArrayLike<number>[], { shape }: Case): void {
  expect(got).toHaveLength(want.length);
  // sums of gradients grow with the rows
  const rows = shape.slice(0, -1).reduce((a, b) => a * b);
  want.forEach((values, i) => expectClose(got[i]!, values, i === 4 || i === 5 ? 1e-5 * Math.max(1, rows / 100) : 1e-5));
}

test.runIf(compiled).each(cases)('a rank has its part of the joint batch by loops: $shape, relu $relu, sided $sided', (each) => {
  const given = inputs(each.shape);
  const { results, together } = loops(given, each);
  expectLoops(firstRank(given, each, together), results, each);
});

test.each(cases.slice(0, -3))('so without those ops: $shape, relu $relu, sided $sided', async (each) => {
  const { given, want } = { given: inputs(each.shape), want: loops(inputs(each.shape), each) };
  expectLoops(await onCpu(() => firstRank(given, each, want.together)), want.results, each);
});

test.runIf(compiled)('moments keep the variance of values far from 0', () => {
  const { x } = inputs([6, 8, 8, 16], 300);
  const { mean, variance } = normalisation(x.dataSync(), new Float32Array(16), new Float32Array(16), x.dataSync(), epsilon);
  const [moments] = run('KindredSyncBatchNormMoments', { x });
  // float32 holds 300 to 3e-5 only; sums of squares of 90,000 would lose all of the variance's digits
  expectClose(moments!.dataSync().slice(16), variance, 1e-5);
  expectClose(moments!.dataSync().slice(0, 16), mean, 1e-4);
});

test.runIf(compiled)('a single rank has what the operation on its own rows has, within rounding', () => {
  const { x, scale, offset, side, dy } = inputs([20, 16, 16, 8]);
  const [y, mean, variance] = run('KindredBatchNormRelu', { x, scale, offset, side }, { epsilon, sided: true }) as [Tensor, Tensor, Tensor];
  const want = [y, ...run('KindredBatchNormReluGrad', { dy, x, y, scale, offset, mean, variance }, { epsilon, sided: true })];
  const alone: BatchNormSync = { ranks: 1, moments: (own) => own, sums: (own) => own };
  const apply = (...[a, b, c, d]: Tensor[]) => syncBatchNorm(a as Tensor4D, b as Tensor1D, c as Tensor1D, epsilon, alone, { relu: true, side: d as Tensor4D }).y;
  const got = [apply(x, scale, offset, side), ...grads((...each) => sum(mul(apply(...each), dy)))([x, scale, offset, side])];
  // moments and sums are rounded to float32 between the parts
  got.forEach((tensor, i) => expectClose(tensor.dataSync(), want[i]!.dataSync(), i === 2 || i === 3 ? 2e-4 : 2e-6));
});

test.runIf(compiled)('leaves no tensors and no native handles behind', () => {
  leaksNothing(() => {
    for (const each of cases.slice(0, 3)) firstRank(inputs(each.shape), each, loops(inputs(each.shape), each).together);
  });
});

test.runIf(compiled)('inputs of other shapes are refused, not read past their end', () => {
  const { x, scale, offset } = inputs([3, 4, 5, 6]);
  const moments = concat([numbers([1, 6]), numbers([1, 6], 2).abs()]);
  const settings = { epsilon, relu: true, sided: true };
  expect(() => run('KindredSyncBatchNorm', { x, moments, scale, offset, side: numbers([2, 6]) }, settings)).toThrow(/side must be shaped as x/);
  expect(() => run('KindredSyncBatchNorm', { x, moments: numbers([2, 5]), scale, offset, side: x }, settings)).toThrow(/moments must be \[2, C\]/);
  expect(() => run('KindredSyncBatchNormSums', { dy: numbers([2, 6]), x, y: x, moments }, settings)).toThrow(/dy must be shaped as x/);
  expect(() => run('KindredSyncBatchNormGrad', { dy: x, x, y: numbers([2, 6]), moments, scale, means: moments }, settings)).toThrow(/y must be shaped as x/);
});
