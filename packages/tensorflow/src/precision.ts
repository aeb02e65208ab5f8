/** Which precision convolutions and linear layers compute in: asked for, or found out. */
import { ArgumentError, conv2d } from '@kindred/core';
import { addN, getBackend, grads, randomNormal, slice, sum, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { hasBFloat16 } from './bfloat16-instructions.js';
import { type Precision, precisionOf, setPrecision } from './bfloat16.js';
import { registerNarrowSum } from './kernels/narrow-sum.js';
import { type NodeBackend, nodeBackend } from './node-backend.js';
import { quietly } from './quietly.js';

export type { Precision } from './bfloat16.js';

/** What can be asked for. */
export const precisions = ['float32', 'bfloat16', 'auto'] as const;

/**
 * Mixed precision as in PyTorch's autocast: from here on convolutions and linear layers round what they take to bfloat16 and sum in float32, and
 * what travels between convolutions and batch normalisations is stored in bfloat16. Weights, optimisers, batch statistics, embeddings, losses and support sets
 * stay float32. It holds for the process, until the next call.
 *
 * - `float32`: everything in float32.
 * - `bfloat16`: mixed. A processor without instructions for it gives the same results through float32, somewhat slower than float32 alone.
 * - `auto`: mixed where the processor (`amx_bf16`, `avx512_bf16`) or the GPU (compute capability 8.0) has such instructions and a measurement
 *   of a second finds them faster; float32 elsewhere.
 *
 * Backends other than TensorFlow's compute in float32; the first `bfloat16` for one of them gives a warning.
 *
 * @returns What holds now.
 * @throws ArgumentError for any other word.
 *
 * @example
 * usePrecision('float32'); // => 'float32'
 *
 * @see Micikevicius et al. 2018, "Mixed Precision Training"; Kalamkar et al. 2019, "A Study of BFLOAT16 for Deep Learning Training"
 */
export function usePrecision(asked: (typeof precisions)[number]): Precision {
  if (!precisions.includes(asked)) throw new ArgumentError('usePrecision', precisions.map((each) => `'${each}'`).join(', '), asked);
  const backend = getBackend() === 'tensorflow' ? nodeBackend() : undefined;
  if (backend === undefined) {
    if (asked === 'bfloat16') warnOnce();
    return 'float32';
  }
  const chosen = asked === 'auto' ? automatic(backend) : asked;
  if (chosen === 'bfloat16') registerNarrowSum();
  setPrecision(backend, chosen);
  return chosen;
}

/** What convolutions and linear layers compute in at present. */
export function currentPrecision(): Precision {
  const backend = getBackend() === 'tensorflow' ? nodeBackend() : undefined;
  return backend ? precisionOf(backend) : 'float32';
}

let warned = false;

function warnOnce(): void {
  if (warned) return;
  warned = true;
  process.emitWarning(`bfloat16 is computed by TensorFlow only: the backend ${getBackend()} goes on in float32.`, { type: 'KindredWarning', code: 'KINDRED_PRECISION' });
}

/** Found once a process. */
const found = new WeakMap<NodeBackend, Precision>();

function automatic(backend: NodeBackend): Precision {
  let precision = found.get(backend);
  if (precision === undefined) {
    precision = 'float32';
    if (hasBFloat16(backend.isUsingGpuDevice)) {
      const speeds = measurePrecisions();
      if (speeds.bfloat16 > speeds.float32) precision = 'bfloat16';
    }
    found.set(backend, precision);
  }
  return precision;
}

/** GFLOP/s of a convolution in each precision. */
export type PrecisionSpeeds = Readonly<Record<Precision, number>>;

/**
 * GFLOP/s of a 3x3 convolution of 32 to 64 channels, 32x32 pixels, with both gradients, in each precision: medians of some repetitions, about a second where
 * both are fast. The precision in use stays.
 */
export function measurePrecisions({ images = 16, repetitions = 5 }: { readonly images?: number; readonly repetitions?: number } = {}): PrecisionSpeeds {
  const backend = nodeBackend();
  const before = currentPrecision();
  const speed = (precision: Precision): number => {
    if (backend) {
      if (precision === 'bfloat16') registerNarrowSum();
      setPrecision(backend, precision);
    }
    return convolutionSpeed(images, repetitions);
  };
  try {
    return { float32: speed('float32'), bfloat16: backend ? quietly(() => speed('bfloat16')) : 0 };
  } finally {
    if (backend) setPrecision(backend, before);
  }
}

function convolutionSpeed(images: number, repetitions: number): number {
  return tidy(() => {
    const x = randomNormal([images, 32, 32, 32], 0, 1, 'float32', 1) as Tensor4D;
    const filter = randomNormal([3, 3, 32, 64], 0, 0.1, 'float32', 2) as Tensor4D;
    const both = grads((x, filter) => sum(conv2d(x as Tensor4D, filter as Tensor4D, { stride: 1, padding: 1 })));
    const once = (): number => {
      const start = performance.now();
      // Reading a number of each waits for devices that compute on their own
      tidy(() => addN(both([x, filter]).map((gradient) => sum(slice(gradient, [0, 0, 0, 0], [1, 1, 1, 1])))).dataSync());
      return performance.now() - start;
    };
    once();
    const times = Array.from({ length: repetitions }, once).sort((a, b) => a - b);
    return (3 * 2 * images * 32 * 32 * 9 * 32 * 64) / (times[repetitions >> 1]! * 1e6);
  });
}
