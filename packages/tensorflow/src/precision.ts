/** Which precision convolutions and linear layers compute in: asked for, or found out. */
import { ArgumentError, conv2d } from '@kindred/core';
import { addN, getBackend, grads, randomNormal, slice, sum, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { hasBFloat16 } from './bfloat16-instructions.js';
import { type Precision, precisionOf, setPrecision } from './bfloat16.js';
import { registerNarrowSum } from './kernels/narrow-sum.js';
import { type NodeBackend, nodeBackend } from './node-backend.js';

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
  const backend = current();
  if (backend === undefined) {
    if (asked === 'bfloat16') warnOnce();
    return 'float32';
  }
  const chosen = asked === 'auto' ? automaticPrecision() : asked;
  if (chosen === 'bfloat16') registerNarrowSum();
  setPrecision(backend, chosen);
  return chosen;
}

/** What convolutions and linear layers compute in at present. */
export function currentPrecision(): Precision {
  const backend = current();
  return backend ? precisionOf(backend) : 'float32';
}

/** TensorFlow's backend, where it is the one in use. */
const current = (): NodeBackend | undefined => (getBackend() === 'tensorflow' ? nodeBackend() : undefined);

let warned = false;

function warnOnce(): void {
  if (warned) return;
  warned = true;
  process.emitWarning(`bfloat16 is computed by TensorFlow only: the backend ${getBackend()} goes on in float32.`, { type: 'KindredWarning', code: 'KINDRED_PRECISION' });
}

/** What `auto` stands for here. */
export function automaticPrecision(): Precision {
  const backend = current();
  // nothing to measure where there are no instructions
  if (backend === undefined || !hasBFloat16(backend.isUsingGpuDevice)) return 'float32';
  const { float32, bfloat16 } = speedsOf(backend);
  return bfloat16 > float32 ? 'bfloat16' : 'float32';
}

/** GFLOP/s of a convolution in each precision. */
export type PrecisionSpeeds = Readonly<Record<Precision, number>>;

/**
 * GFLOP/s of a 3x3 convolution of 32 to 64 channels, 16 images of 32x32, with both gradients, in each precision: medians of five, measured once a process
 * in about a second. The precision in use stays. Undefined on other backends than TensorFlow's: in plain JavaScript it would take minutes.
 */
export function measurePrecisions(): PrecisionSpeeds | undefined {
  const backend = current();
  return backend && speedsOf(backend);
}

const measured = new WeakMap<NodeBackend, PrecisionSpeeds>();

function speedsOf(backend: NodeBackend): PrecisionSpeeds {
  let speeds = measured.get(backend);
  if (speeds === undefined) measured.set(backend, (speeds = measure(backend)));
  return speeds;
}

function measure(backend: NodeBackend): PrecisionSpeeds {
  const before = precisionOf(backend);
  const speed = (precision: Precision): number => {
    setPrecision(backend, precision);
    return convolutionSpeed();
  };
  try {
    return { float32: speed('float32'), bfloat16: speed('bfloat16') };
  } finally {
    setPrecision(backend, before);
  }
}

const [images, repetitions] = [16, 5];

function convolutionSpeed(): number {
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
