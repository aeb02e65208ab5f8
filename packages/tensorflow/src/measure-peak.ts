/** How fast the backend in use multiplies matrices: the reference for a training step's speed. */
import { getBackend, matMul, randomUniform, slice, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { ArgumentError } from '@kindred/core';

export interface MeasurePeakOptions {
  /** Rows and columns of the two matrices. Default: 2048, in plain JavaScript 256. */
  readonly size?: number;
  /** Products that are timed, after one that is not. Default: 5. */
  readonly repetitions?: number;
}

/**
 * GFLOP/s (10⁹ multiplications and additions a second) of a float32 matrix product on the current backend, the median of
 * some repetitions. Blocks the process meanwhile, 1 to 2 s on two cores.
 *
 * @throws ArgumentError unless every option is a whole number above 0.
 *
 * @example
 * measurePeak({ size: 64 }) > 0; // => true
 */
export function measurePeak({ size = getBackend() === 'cpu' ? 256 : 2048, repetitions = 5 }: MeasurePeakOptions = {}): number {
  for (const [name, value] of Object.entries({ size, repetitions })) {
    if (!(Number.isInteger(value) && value > 0)) throw new ArgumentError(`measurePeak.${name}`, 'a whole number above 0', value);
  }
  return tidy(() => {
    const a = randomUniform([size, size], -1, 1, 'float32', 1) as Tensor2D;
    const once = (): number => {
      const start = performance.now();
      // Reading one number waits for devices that compute on their own
      tidy(() => slice(matMul(a, a), [0, 0], [1, 1]).dataSync());
      return performance.now() - start;
    };
    once();
    const times = Array.from({ length: repetitions }, once).sort((x, y) => x - y);
    return (2 * size ** 3) / (times[repetitions >> 1]! * 1e6);
  });
}
