/** Convolutions by ops of our own, on processors that have them: against loops over numbers, in both types. */
import { conv2d, conv2dBranch, random } from '@kindred/core';
import { add, grads, mul, sum, type Tensor, type Tensor4D, tensor, tidy } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { convolvesFaster } from '../src/bfloat16-instructions.js';
import { isNarrow } from '../src/bfloat16.js';
import { usePrecision, useTensorFlow } from '../src/index.js';
import { hasOwnConvolutions, withoutOwnConvolutions } from '../src/kernels/own-convolution.js';
import { nodeBackend } from '../src/node-backend.js';
import { inChild } from './support/own-convolution-child.js';
import { leaksNothing } from './support/kernels.js';
import { convolution, outputLength, type Shape4, type Window } from './support/loops.js';

interface Case extends Window {
  readonly shape: Shape4;
  readonly outputs: number;
}

const cases: readonly Case[] = [
  // images side by side, with a rest and without
  { shape: [8, 4, 4, 32], outputs: 64, kernel: 3, stride: 1, padding: 1 },
  { shape: [35, 4, 3, 16], outputs: 16, kernel: 3, stride: 1, padding: 1 },
  { shape: [33, 6, 5, 16], outputs: 48, kernel: 3, stride: 2, padding: 1 },
  { shape: [8, 8, 7, 128], outputs: 128, kernel: 3, stride: 2, padding: 1 },
  { shape: [33, 2, 2, 128], outputs: 144, kernel: 3, stride: 1, padding: 1 },
  // images one at a time, pixels that are no multiple of eight
  { shape: [3, 11, 9, 16], outputs: 32, kernel: 3, stride: 1, padding: 1 },
  { shape: [2, 17, 19, 32], outputs: 16, kernel: 3, stride: 2, padding: 1 },
  // large filters, which are cut into parts by channels
  { shape: [2, 5, 5, 128], outputs: 128, kernel: 3, stride: 1, padding: 1 },
  { shape: [2, 10, 9, 128], outputs: 144, kernel: 1, stride: 1, padding: 0 },
  // places of the gradient that no place of the filter reaches
  { shape: [2, 10, 10, 16], outputs: 32, kernel: 1, stride: 2, padding: 0 },
  { shape: [2, 9, 9, 16], outputs: 16, kernel: 3, stride: 3, padding: 1 },
  { shape: [1, 12, 12, 16], outputs: 16, kernel: 5, stride: 1, padding: 2 },
  { shape: [2, 20, 21, 16], outputs: 32, kernel: 7, stride: 2, padding: 3 },
  { shape: [17, 3, 3, 16], outputs: 16, kernel: 3, stride: 1, padding: 0 },
  { shape: [1, 1, 1, 16], outputs: 16, kernel: 3, stride: 1, padding: 1 },
];

/** To the nearest bfloat16: values that both types hold exactly. */
function values(seed: number, shape: readonly number[]): Tensor {
  const stream = random(seed);
  const floats = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.normal());
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < bits.length; i++) bits[i]! &= 0xffff0000;
  return tensor(floats, [...shape]);
}

/** The largest error, relative to the largest value. */
function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const largest = (values: ArrayLike<number>): number => Array.from(values, Math.abs).reduce((a, b) => Math.max(a, b), 0);
  return largest(Array.from(actual, (value, i) => value - expected[i]!)) / largest(expected);
}

const { threads, ownKernels } = await useTensorFlow();
// the ops are compiled at set-up, where there is a compiler
const here = ownKernels && convolvesFaster(threads);

afterEach(() => {
  usePrecision('float32');
});

it('are there where the processor is one for them', () => {
  expect(hasOwnConvolutions(nodeBackend()!)).toBe(here);
});

it('are for processors with vectors for bfloat16 and without a matrix unit, and for up to 16 threads', () => {
  expect([' avx512_bf16 ', ' avx2 ', ' avx512_bf16 amx_bf16 ', ''].map((flags) => convolvesFaster(16, () => flags))).toEqual([true, false, false, false]);
  expect(convolvesFaster(17, () => 'avx512_bf16')).toBe(false);
});

describe.runIf(here)('on this processor', () => {
  describe.each(cases)('$shape to $outputs, kernel $kernel, stride $stride, padding $padding', (window) => {
    const { shape, outputs, kernel, stride, padding } = window;
    const dyShape = [shape[0], outputLength(shape[1], window), outputLength(shape[2], window), outputs];
    const compute = () =>
      tidy(() => {
        const [x, filter, dy] = [values(1, shape), values(2, [kernel, kernel, shape[3], outputs]), values(3, dyShape)] as [Tensor4D, Tensor4D, Tensor4D];
        const through = (a: Tensor, b: Tensor): Tensor4D => conv2d(a as Tensor4D, b as Tensor4D, { stride, padding });
        const y = through(x, filter);
        const [dx, dfilter] = grads((a, b) => sum(mul(through(a!, b!), dy)))([x, filter]);
        return { stored: isNarrow(nodeBackend()!, y), y: y.dataSync(), dx: dx!.dataSync(), dfilter: dfilter!.dataSync() };
      });
    const numbers = (seed: number, of: readonly number[]): ArrayLike<number> => {
      const made = values(seed, of);
      const read = made.dataSync();
      made.dispose();
      return read;
    };
    const want = () => convolution(numbers(1, shape), shape, numbers(2, [kernel, kernel, shape[3], outputs]), outputs, numbers(3, dyShape), window);

    it('equals loops over numbers in float32, forward and backward', () => {
      const [made, loops] = [compute(), want()];
      expect(made.stored).toBe(false);
      // float32 sums of up to 1,152 products, of either sign
      for (const part of ['y', 'dx', 'dfilter'] as const) expect(worst(made[part], loops[part]), part).toBeLessThan(2e-6);
    });

    it('in bfloat16 to the rounding of what is stored; the gradient of the filter is not rounded', () => {
      usePrecision('bfloat16');
      const [made, loops] = [compute(), want()];
      expect(made.stored).toBe(true);
      for (const part of ['y', 'dx'] as const) expect(worst(made[part], loops[part]), part).toBeLessThan(2 ** -8);
      expect(worst(made.dfilter, loops.dfilter)).toBeLessThan(2e-6);
    });

    it('leaves no tensors and no native handles behind', () => {
      for (const precision of ['float32', 'bfloat16'] as const) {
        usePrecision(precision);
        leaksNothing(() => void compute());
      }
    });
  });

  it('agrees with the library in the shapes that it takes over, and leaves others to it', () => {
    for (const [inputs, outputs, padding] of [[64, 128, 1], [3, 16, 1], [16, 16, 2]] as const) {
      const compute = () =>
        tidy(() => {
          const [x, filter] = [values(1, [2, 8, 8, inputs]) as Tensor4D, values(2, [2, 2, inputs, outputs]) as Tensor4D];
          return conv2d(x, filter, { stride: 2, padding }).dataSync();
        });
      expect(worst(compute(), withoutOwnConvolutions(nodeBackend()!, compute))).toBeLessThan(2e-6);
    }
  });

  it.each(['float32', 'bfloat16'] as const)("adds another branch's gradient on the way, in %s", (precision) => {
    for (const [shape, stride] of [[[8, 6, 6, 16], 1], [[3, 9, 8, 32], 2]] as const) {
      const compute = (fused: boolean) =>
        tidy(() => {
          usePrecision(precision);
          const x = values(1, shape) as Tensor4D;
          const filter = values(2, [3, 3, shape[3], 32]) as Tensor4D;
          const loss = (a: Tensor, b: Tensor): Tensor => {
            const parted = fused ? conv2dBranch(a as Tensor4D, b as Tensor4D, { stride, padding: 1 }) : { y: conv2d(a as Tensor4D, b as Tensor4D, { stride, padding: 1 }), x: a };
            return add(sum(mul(parted.y, parted.y)), sum(mul(parted.x, mul(parted.x, 3))));
          };
          return grads(loss)([x, filter]).map((each) => each.dataSync());
        });
      const [fused, apart] = [compute(true), compute(false)];
      // in bfloat16 what is added is rounded before and the sum after, or only one of them
      fused.forEach((each, i) => expect(worst(each, apart[i]!)).toBeLessThan(precision === 'float32' ? 2e-6 : 2 ** -7));
      const library = withoutOwnConvolutions(nodeBackend()!, () => compute(true));
      fused.forEach((each, i) => expect(worst(each, library[i]!)).toBeLessThan(precision === 'float32' ? 2e-6 : 2 ** -6));
      leaksNothing(() => void compute(true));
    }
  });

  it('gives the same bytes for any number of threads', () => {
    expect(inChild(1)).toBe(inChild(3));
  });
});
