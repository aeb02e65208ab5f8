import { grads, mul, sum, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { batchNorm } from '@kindred/core';
import { expect, test } from 'vitest';
import { batchNorm as batchNormKernel, batchNormGrad } from '../src/kernels/batch-norm.js';
import { type NativeKernel, nativeOps } from '../src/kernels/native.js';
import { nodeBackend } from '../src/node-backend.js';
import { normalisation } from './support/loops.js';
import { expectClose, leaksNothing, numbers, onCpu, run } from './support/kernels.js';

const shape = [3, 4, 5, 6];
const x = numbers(shape);
const scale = numbers([6], 2);
const offset = numbers([6], 3);
const dy = numbers(shape, 4);
const epsilon = 1e-2;

type Apply = (inputs: Record<string, Tensor>, attributes: object) => Tensor[];
const registered = (name: string): Apply => (inputs, attributes) => run(name, inputs, attributes);
const ofLibrary =
  ({ compute }: NativeKernel): Apply =>
  (inputs, attributes) =>
    compute(inputs as never, attributes as never, nativeOps(nodeBackend()!)) as Tensor[];

/** What is registered, our own op where it is compiled, and the library's op that is taken elsewhere. */
const pairs = [
  { of: 'what is registered', forward: registered('KindredBatchNorm'), backward: registered('KindredBatchNormGrad') },
  { of: "the library's op", forward: ofLibrary(batchNormKernel), backward: ofLibrary(batchNormGrad) },
];

/** Forward and backward through two kernels. */
function kernels({ forward, backward }: (typeof pairs)[number]): number[][] {
  const [y, mean, variance, savedA, savedB, savedC] = forward({ x, scale, offset }, { epsilon });
  const saved = { savedA: savedA!, savedB: savedB!, savedC: savedC! };
  const gradients = backward({ dy, x, scale, ...saved }, { epsilon });
  expect(gradients).toHaveLength(3);
  return [y!, mean!, variance!, ...gradients].map((tensor) => [...tensor.dataSync()]);
}

test('two rows of one channel normalise to -1 and 1, with the biased variance', () => {
  const two = numbers([2, 1, 1, 1]);
  const [a, b] = two.dataSync() as unknown as [number, number];
  const [y, mean, variance] = run('KindredBatchNorm', { x: two, scale: mul(numbers([1]), 0).add(1) as Tensor1D, offset: mul(numbers([1]), 0) }, { epsilon: 0 });
  expectClose(y!.dataSync(), [Math.sign(a - b), Math.sign(b - a)], 1e-6);
  expectClose(mean!.dataSync(), [(a + b) / 2], 1e-6);
  expectClose(variance!.dataSync(), [((a - b) / 2) ** 2], 1e-6);
});

test.each(pairs)('equals loops over numbers, forward and backward: $of', (pair) => {
  const want = normalisation(x.dataSync(), scale.dataSync(), offset.dataSync(), dy.dataSync(), epsilon);
  const got = kernels(pair);
  // within 1e-5: float32 sums of 60 terms of size 1; the worst seen was 2e-6
  [want.y, want.mean, want.variance, want.dx, want.dscale, want.doffset].forEach((values, i) => expectClose(got[i]!, values, 1e-5));
});

test('equals the composite of plain operations, through the operation of core', async () => {
  const compute = (): ArrayLike<number>[] => {
    const { y, mean, variance } = batchNorm(x as Tensor4D, scale as Tensor1D, offset as Tensor1D, epsilon);
    const gradients = grads((...given) => sum(mul(batchNorm(given[0] as Tensor4D, given[1] as Tensor1D, given[2] as Tensor1D, epsilon).y, dy)))([x, scale, offset]);
    return [y, mean, variance, ...gradients].map((tensor) => tensor.dataSync());
  };
  const want = await onCpu(compute);
  compute().forEach((values, i) => expectClose(values, want[i]!, 1e-5));
});

test('one value a channel gives the offset, not NaN', () => {
  const [y, , variance] = run('KindredBatchNorm', { x: numbers([1, 1, 1, 6]), scale, offset }, { epsilon: 1e-5 });
  expectClose(y!.dataSync(), offset.dataSync(), 1e-6);
  expectClose(variance!.dataSync(), [0, 0, 0, 0, 0, 0], 0);
});

test.each(pairs)('leaves no tensors and no native handles behind: $of', (pair) => {
  leaksNothing(() => void kernels(pair));
});
