import { grads, mul, sum, type Tensor4D } from '@tensorflow/tfjs-core';
import { conv2d } from '@kindred/core';
import { describe, expect, test } from 'vitest';
import { convolution, outputLength, type Shape4, type Window } from './support/loops.js';
import { expectClose, leaksNothing, numbers, onCpu, run } from './support/kernels.js';

const shape: Shape4 = [2, 7, 6, 3];
const outputs = 4;
const windows: Window[] = [
  { kernel: 3, stride: 1, padding: 1 },
  { kernel: 3, stride: 2, padding: 1 },
  { kernel: 1, stride: 2, padding: 0 },
  { kernel: 1, stride: 1, padding: 0 },
  { kernel: 5, stride: 2, padding: 2 },
  { kernel: 2, stride: 1, padding: 1 },
];

describe.each(windows)('kernel $kernel, stride $stride, padding $padding', (window) => {
  const { kernel, ...attributes } = window;
  const x = numbers(shape);
  const filter = numbers([kernel, kernel, shape[3], outputs], 2);
  const dy = numbers([shape[0], outputLength(shape[1], window), outputLength(shape[2], window), outputs], 3);
  const compute = (): ArrayLike<number>[] =>
    [
      ...run('KindredConv2D', { x, filter }, attributes),
      ...run('KindredConv2DInputGrad', { dy, filter }, { ...attributes, inputShape: x.shape }),
      ...run('KindredConv2DFilterGrad', { x, dy }, { ...attributes, filterShape: filter.shape }),
    ].map((tensor) => tensor.dataSync());

  test('equals loops over numbers, forward and backward', () => {
    const want = convolution(x.dataSync(), shape, filter.dataSync(), outputs, dy.dataSync(), window);
    const [y, dx, dfilter] = compute();
    // within 2e-5: float32 sums of up to 84 products
    expectClose(y!, want.y, 2e-5);
    expectClose(dx!, want.dx, 2e-5);
    expectClose(dfilter!, want.dfilter, 2e-5);
  });

  test('equals the composite of plain operations, through the operation of core', async () => {
    const viaCore = (): ArrayLike<number>[] => [
      conv2d(x as Tensor4D, filter as Tensor4D, attributes).dataSync(),
      ...grads((...given) => sum(mul(conv2d(given[0] as Tensor4D, given[1] as Tensor4D, attributes), dy)))([x, filter]).map((tensor) => tensor.dataSync()),
    ];
    const want = await onCpu(viaCore);
    viaCore().forEach((values, i) => expectClose(values, want[i]!, 2e-5));
  });

  test('leaves no tensors and no native handles behind', () => {
    leaksNothing(() => void compute());
  });
});

test("a stride that divides nothing evenly drops the rest, as in PyTorch", () => {
  const [y] = run('KindredConv2D', { x: numbers([1, 8, 8, 1]), filter: numbers([3, 3, 1, 1]) }, { stride: 2, padding: 1 });
  expect(y!.shape).toEqual([1, 4, 4, 1]);
});
