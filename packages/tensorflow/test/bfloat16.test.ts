/** Mixed precision: what is computed in bfloat16, how exactly, and where tensors become float32 again. */
import { batchNorm, batchNormRelu, conv2d, linearProduct, random, relu } from '@kindred/core';
import { add, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tensor, tidy, variableGrads, variable, sum, mul, grads } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasBFloat16 } from '../src/bfloat16-instructions.js';
import { isNarrow } from '../src/bfloat16.js';
import { handles, nodeBackend } from '../src/node-backend.js';

import { currentPrecision, usePrecision } from '../src/index.js';
import { useTensorFlow } from '../src/use-tensorflow.js';

/** To the nearest bfloat16, the even one of two: what hardware does. */
function rounded(values: ArrayLike<number>): Float32Array {
  const floats = Float32Array.from(values);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i]! + 0x7fff + ((bits[i]! >>> 16) & 1)) & 0xffff0000;
  return floats;
}

/** Values that bfloat16 holds exactly. */
const values = (seed: number, shape: readonly number[]): Tensor => {
  const stream = random(seed);
  return tensor(rounded(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.normal())), [...shape]);
};
const narrow = (x: Tensor): boolean => isNarrow(nodeBackend()!, x);

/** Half the distance of neighbours in bfloat16, relative. */
const HALF_STEP = 2 ** -8;

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const scale = Math.max(...Array.from(expected, Math.abs));
  const worst = Math.max(...Array.from(actual, (value, i) => Math.abs(value - expected[i]!) / (Math.abs(expected[i]!) + 0.01 * scale)));
  expect(worst).toBeLessThan(tolerance);
}

beforeAll(async () => {
  await useTensorFlow({ quiet: true });
});
afterEach(() => {
  usePrecision('float32');
});

describe.each([
  { what: '3x3', kernel: 3, stride: 1, padding: 1, size: 6 },
  { what: '3x3 at stride 2', kernel: 3, stride: 2, padding: 1, size: 6 },
  { what: '1x1 at stride 2', kernel: 1, stride: 2, padding: 0, size: 6 },
  { what: '3x3 without padding', kernel: 3, stride: 1, padding: 0, size: 5 },
])('a convolution of $what in bfloat16', ({ kernel, stride, padding, size }) => {
  const x = (): Tensor4D => values(1, [2, size, size, 3]) as Tensor4D;
  const filter = (): Tensor4D => values(2, [kernel, kernel, 3, 4]) as Tensor4D;

  it('is that of float32 to the rounding of its outputs, with both gradients, and is stored in bfloat16', () => {
    const of = (precision: 'float32' | 'bfloat16') => {
      usePrecision(precision);
      const before = handles();
      const result = tidy(() => {
        const [images, weights] = [x(), filter()];
        const y = conv2d(images, weights, { stride, padding });
        const dy = values(3, y.shape) as Tensor4D;
        const stored = narrow(y);
        const [dx, dfilter] = grads((a, b) => conv2d(a as Tensor4D, b as Tensor4D, { stride, padding }))([images, weights], dy);
        return { stored, y: y.dataSync(), dx: dx!.dataSync(), dfilter: dfilter!.dataSync() };
      });
      expect(handles()).toEqual(before);
      return result;
    };
    const [exact, mixed] = [of('float32'), of('bfloat16')];
    expect([exact.stored, mixed.stored]).toEqual([false, true]);
    for (const part of ['y', 'dx', 'dfilter'] as const) expectClose(mixed[part], exact[part], HALF_STEP * 1.01);
  });
});

/** As on a processor with instructions for bfloat16. On others the library then computes by plain loops that round partial sums. */
function asWithInstructions<T>(compute: () => T): T {
  usePrecision('bfloat16');
  const mixed = (nodeBackend() as unknown as Record<symbol, { instructions: boolean }>)[Symbol.for('kindred.tensorflow.precision')]!;
  const { instructions } = mixed;
  mixed.instructions = true;
  try {
    return compute();
  } finally {
    mixed.instructions = instructions;
  }
}

describe("the library's own kernels for bfloat16", () => {
  it.each([
    { what: '3x3', kernel: 3, stride: 1, padding: 1 },
    { what: '3x3 at stride 2', kernel: 3, stride: 2, padding: 1 },
    { what: '1x1 at stride 2', kernel: 1, stride: 2, padding: 0 },
    { what: '3x3 without padding', kernel: 3, stride: 1, padding: 0 },
  ])('convolve $what as float32 does, to the rounding of partial sums, and leave nothing behind', ({ kernel, stride, padding }) => {
    const of = () =>
      tidy(() => {
        const [images, weights] = [values(1, [2, 6, 6, 3]) as Tensor4D, values(2, [kernel, kernel, 3, 4]) as Tensor4D];
        const through = (a: Tensor, b: Tensor): Tensor4D => conv2d(a as Tensor4D, b as Tensor4D, { stride, padding });
        const y = through(images, weights);
        const [dx, dfilter] = grads(through)([images, weights], values(3, y.shape));
        return { stored: [y, dx!, dfilter!].map(narrow), figures: [y, dx!, dfilter!].map((each) => each.dataSync()) };
      });
    const exact = of();
    const before = handles();
    const native = asWithInstructions(of);
    expect(handles()).toEqual(before);
    expect(native.stored).toEqual([true, true, false]);
    // of the largest value: where terms cancel, roundings of partial sums are large beside what is left
    for (const [i, each] of native.figures.entries()) {
      const expected = exact.figures[i]!;
      const worst = Math.max(...Array.from(each, (value, at) => Math.abs(value - expected[at]!)));
      expect(worst / Math.max(...Array.from(expected, Math.abs))).toBeLessThan(4 * HALF_STEP);
    }
  });

  it('multiply matrices likewise', () => {
    const of = () => tidy(() => linearProduct(values(1, [3, 5]) as Tensor2D, values(2, [4, 5]) as Tensor2D, false, true).dataSync());
    const exact = of();
    expectClose(asWithInstructions(of), exact, 4 * HALF_STEP);
  });
});

describe('batch normalisation with ReLU in bfloat16', () => {
  /** y, mean and the gradients, of rows that are stored in bfloat16 or not. */
  function of(precision: 'float32' | 'bfloat16', sided: boolean, channels: number) {
    usePrecision(precision);
    return tidy(() => {
      // a convolution with ones on its diagonal: its inputs, stored as the precision stores them
      const eye = tensor(Array.from({ length: channels * channels }, (_, i) => (i % (channels + 1) === 0 ? 1 : 0)), [1, 1, channels, channels]) as Tensor4D;
      const through = (t: Tensor4D): Tensor4D => conv2d(t, eye, { stride: 1, padding: 0 });
      const shape = [3, 4, 4, channels];
      const [x, side, dy] = [1, 2, 3].map((seed) => through(values(seed, shape) as Tensor4D)) as [Tensor4D, Tensor4D, Tensor4D];
      const scale = values(4, [channels]) as Tensor1D;
      const offset = values(5, [channels]) as Tensor1D;
      const { y, mean, variance } = batchNormRelu(x, scale, offset, 1e-5, sided ? side : undefined);
      const inputs = [x, scale, offset, ...(sided ? [side] : [])];
      const all = grads((a, b, c, d) => batchNormRelu(a as Tensor4D, b as Tensor1D, c as Tensor1D, 1e-5, sided ? (d as Tensor4D) : undefined).y)(inputs, dy);
      return { stored: narrow(y), figures: [y, mean, variance, ...all].map((each) => each.dataSync()) };
    });
  }

  it.each([
    { sided: false, channels: 8 },
    { sided: true, channels: 8 },
    { sided: true, channels: 11 },
  ])('agrees with float32 ($channels channels, sided: $sided)', ({ sided, channels }) => {
    const [exact, mixed] = [of('float32', sided, channels), of('bfloat16', sided, channels)];
    expect(mixed.figures).toHaveLength(exact.figures.length);
    // dx is a difference of terms of its own size, each of rounded values
    mixed.figures.forEach((each, i) => expectClose(each, exact.figures[i]!, i === 3 ? 4 * HALF_STEP : 1.5 * HALF_STEP));
  });

  it('agrees with float32 without the ReLU', () => {
    const plain = (precision: 'float32' | 'bfloat16') => {
      usePrecision(precision);
      return tidy(() => {
        const one = (seed: number): Tensor4D => conv2d(values(seed, [3, 4, 4, 1]) as Tensor4D, tensor([1], [1, 1, 1, 1]) as Tensor4D, { stride: 1, padding: 0 });
        const [x, dy, scale, offset] = [one(1), one(2), values(3, [1]) as Tensor1D, values(4, [1]) as Tensor1D];
        const { y, mean, variance } = batchNorm(x, scale, offset, 1e-5);
        const all = grads((a, b, c) => batchNorm(a as Tensor4D, b as Tensor1D, c as Tensor1D, 1e-5).y)([x, scale, offset], dy);
        return { stored: narrow(y), figures: [y, mean, variance, ...all].map((each) => each.dataSync()) };
      });
    };
    const [exact, mixed] = [plain('float32'), plain('bfloat16')];
    expect([exact.stored, mixed.stored]).toEqual([false, true]);
    mixed.figures.forEach((each, i) => expectClose(each, exact.figures[i]!, i === 3 ? 4 * HALF_STEP : 1.5 * HALF_STEP));
  });

  it('stores what it gives in bfloat16', () => {
    expect([of('float32', true, 8).stored, of('bfloat16', true, 8).stored]).toEqual([false, true]);
  });

  it('keeps NaN', () => {
    usePrecision('bfloat16');
    const x = conv2d(tensor([Number.NaN, 1, 2, 3], [4, 1, 1, 1]) as Tensor4D, tensor([1], [1, 1, 1, 1]) as Tensor4D, { stride: 1, padding: 0 });
    expect(Number.isNaN(batchNorm(x, tensor([1]) as Tensor1D, tensor([0]) as Tensor1D, 1e-5).y.dataSync()[0])).toBe(true);
  });
});

describe('tensors stored in bfloat16', () => {
  const made = (): Tensor4D => conv2d(values(1, [1, 4, 4, 2]) as Tensor4D, values(2, [1, 1, 2, 2]) as Tensor4D, { stride: 1, padding: 0 });

  it('are float32 to any other kernel and to readers', () => {
    usePrecision('bfloat16');
    tidy(() => {
      const [y, read] = [made(), made()];
      expect([y.dtype, narrow(y)]).toEqual(['float32', true]);
      expect(Array.from(mul(y, 2).dataSync())).toEqual(Array.from(read.dataSync(), (value) => 2 * value));
      expect([narrow(y), narrow(read)]).toEqual([false, false]);
      expect(Array.from(read.dataSync())).toEqual(Array.from(rounded(read.dataSync())));
    });
  });

  it('stay so in ReLU, and in the sum of two', () => {
    usePrecision('bfloat16');
    tidy(() => {
      expect(narrow(relu(made()))).toBe(true);
      expect(narrow(add(made(), made()))).toBe(true);
      expect(narrow(add(made(), 1))).toBe(false);
    });
  });

  it('leave nothing behind', () => {
    usePrecision('bfloat16');
    const before = handles();
    const weights = tidy(() => variable(values(7, [3, 3, 2, 2])));
    tidy(() => {
      const { grads: found } = variableGrads(() => {
        const y = relu(conv2d(values(1, [2, 4, 4, 2]) as Tensor4D, weights as unknown as Tensor4D, { stride: 1, padding: 1 }));
        return sum(add(y, relu(y)));
      });
      expect(Object.keys(found)).toHaveLength(1);
    });
    weights.dispose();
    expect(handles()).toEqual(before);
  });
});

describe('the product of a linear layer in bfloat16', () => {
  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('is that of float32 to the rounding of its output, with gradients (transposed: %s, %s)', (transposeA, transposeB) => {
    const of = (precision: 'float32' | 'bfloat16') => {
      usePrecision(precision);
      return tidy(() => {
        const a = values(1, transposeA ? [5, 3] : [3, 5]) as Tensor2D;
        const b = values(2, transposeB ? [4, 5] : [5, 4]) as Tensor2D;
        const y = linearProduct(a, b, transposeA, transposeB);
        const both = grads((p, q) => linearProduct(p as Tensor2D, q as Tensor2D, transposeA, transposeB))([a, b], values(3, [3, 4]));
        return [y, ...both].map((each) => each.dataSync());
      });
    };
    const exact = of('float32');
    of('bfloat16').forEach((each, i) => expectClose(each, exact[i]!, HALF_STEP * 1.01));
  });
});

describe('usePrecision', () => {
  it('holds until the next call', () => {
    expect([usePrecision('bfloat16'), currentPrecision(), usePrecision('float32'), currentPrecision()]).toEqual(['bfloat16', 'bfloat16', 'float32', 'float32']);
  });

  it('refuses other words', () => {
    expect(() => usePrecision('float16' as never)).toThrow('usePrecision: received "float16", expected');
  });

  it.each([
    ['fma avx avx2', '', false, false],
    ['avx512_bf16 avx2', '', false, true],
    ['amx_bf16 amx_tile', '', false, true],
    ['amx_bf16', '7.5\n', true, false],
    ['', '8.0\n', true, true],
    ['', '', true, false],
  ])('with the flags "%s" and capability "%s", GPU %s: %s', (flags, capability, gpu, expected) => {
    expect(hasBFloat16(gpu, { processor: () => flags, capability: () => capability })).toBe(expected);
  });
});
