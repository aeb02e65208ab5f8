import { grads, mul, sum, type Tensor4D } from '@tensorflow/tfjs-core';
import { conv2d } from '@kindred/core';
import { withoutOwnConvolutions } from '../src/kernels/own-convolution.js';
import { nodeBackend } from '../src/node-backend.js';
import { describe, expect, test } from 'vitest';
import { convolution, outputLength, type Shape4, type Window } from './support/loops.js';
import { expectClose, leaksNothing, numbers, onCpu, run } from './support/kernels.js';

interface Case extends Window {
  readonly shape: Shape4;
  readonly outputs: number;
}

const few = { shape: [2, 7, 6, 3] as const, outputs: 4 };
const odd = { shape: [2, 7, 9, 3] as const, outputs: 4 };
// From where the gradients of a strided, padded convolution are computed in another way
const medium = { shape: [1, 4, 6, 64] as const, outputs: 128 };
const many = { shape: [1, 4, 6, 128] as const, outputs: 256 };
const cases: Case[] = [
  { ...few, kernel: 3, stride: 1, padding: 1 },
  { ...few, kernel: 3, stride: 2, padding: 1 },
  { ...odd, kernel: 3, stride: 2, padding: 1 },
  { ...medium, kernel: 3, stride: 2, padding: 1 },
  { ...many, kernel: 3, stride: 2, padding: 1 },
  { ...few, kernel: 1, stride: 2, padding: 0 },
  { ...few, kernel: 1, stride: 1, padding: 0 },
  { ...few, kernel: 5, stride: 2, padding: 2 },
  { ...few, kernel: 2, stride: 1, padding: 1 },
  { ...few, kernel: 3, stride: 1, padding: 2 },
];

describe.each(cases)('$shape to $outputs, kernel $kernel, stride $stride, padding $padding', (window) => {
  const { kernel, shape, outputs, stride, padding } = window;
  const attributes = { stride, padding };
  // float32 sums of kernel² · in, or kernel² · out, products
  const tolerance = 2e-7 * kernel ** 2 * Math.max(shape[3], outputs, 10);
  const x = numbers(shape);
  const filter = numbers([kernel, kernel, shape[3], outputs], 2);
  const dy = numbers([shape[0], outputLength(shape[1], window), outputLength(shape[2], window), outputs], 3);
  // by the library, also where ops of our own would do it: those are tested in own-convolution.test.ts
  const compute = (): ArrayLike<number>[] =>
    withoutOwnConvolutions(nodeBackend()!, () =>
      [
        ...run('KindredConv2D', { x, filter }, attributes),
        ...run('KindredConv2DInputGrad', { dy, filter }, { ...attributes, inputShape: x.shape }),
        ...run('KindredConv2DFilterGrad', { x, dy }, { ...attributes, filterShape: filter.shape }),
      ].map((tensor) => tensor.dataSync()),
    );

  test('equals loops over numbers, forward and backward', () => {
    const want = convolution(x.dataSync(), shape, filter.dataSync(), outputs, dy.dataSync(), window);
    const [y, dx, dfilter] = compute();
    expectClose(y!, want.y, tolerance);
    expectClose(dx!, want.dx, tolerance);
    expectClose(dfilter!, want.dfilter, tolerance);
  });

  test('equals the composite of plain operations, through the operation of core', async () => {
    const viaCore = (): ArrayLike<number>[] => [
      conv2d(x as Tensor4D, filter as Tensor4D, attributes).dataSync(),
      ...grads((...given) => sum(mul(conv2d(given[0] as Tensor4D, given[1] as Tensor4D, attributes), dy)))([x, filter]).map((tensor) => tensor.dataSync()),
    ];
    const want = await onCpu(viaCore);
    viaCore().forEach((values, i) => expectClose(values, want[i]!, tolerance));
  });

  test('leaves no tensors and no native handles behind', () => {
    leaksNothing(() => void compute());
  });
});

test("a stride that divides nothing evenly drops the rest, as in PyTorch", () => {
  const [y] = run('KindredConv2D', { x: numbers([1, 8, 8, 1]), filter: numbers([3, 3, 1, 1]) }, { stride: 2, padding: 1 });
  expect(y!.shape).toEqual([1, 4, 4, 1]);
});

test('few channels and odd numbers of images, at strides, leave the memory of others alone', () => {
  // where the strided gradient of a 1x1 filter went to oneDNN as it is, this ended the process: "corrupted size vs. prev_size"
  for (const [count, kernel] of [[3, 1], [1, 1], [5, 1], [3, 3], [1, 3], [5, 3]] as const) {
    const padding = (kernel - 1) / 2;
    const [x, dy] = [numbers([count, 12, 12, 4]), numbers([count, 6, 6, 8], 2)];
    const filterShape = [kernel, kernel, 4, 8];
    const want = convolution(x.dataSync(), [count, 12, 12, 4], new Float32Array(kernel ** 2 * 32), 8, dy.dataSync(), { kernel, stride: 2, padding });
    for (let i = 0; i < 200; i++) {
      const [result] = run('KindredConv2DFilterGrad', { x, dy }, { stride: 2, padding, filterShape });
      if (i === 199) expectClose(result!.dataSync(), want.dfilter, 1e-4);
      result!.dispose();
    }
  }
});
