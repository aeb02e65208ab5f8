/** Linear maps along one axis: each pixel a weighted sum of neighbours. */
import { tensor3d, type Tensor3D } from '@tensorflow/tfjs-core';

/** Pixel i of the result is the sum of `weights[i · taps + k]` times pixel `starts[i] + k`. */
export interface AxisMap {
  /** Pixels of the axis before. */
  readonly from: number;
  /** Pixels of the axis after. */
  readonly to: number;
  /** Weights of each pixel, at most `from`. */
  readonly taps: number;
  /** `[to]`, each of 0..from − taps. */
  readonly starts: Int32Array;
  /** `[to, taps]`. */
  readonly weights: Float32Array;
}

/** The maps of a batch as matrices, `[N, to, from]`; all have the same sizes. */
export function axisMatrices(maps: readonly AxisMap[]): Tensor3D {
  const { from, to } = maps[0]!;
  const values = new Float32Array(maps.length * to * from);
  maps.forEach(({ taps, starts, weights }, i) => {
    for (let row = 0; row < to; row++) {
      values.set(weights.subarray(row * taps, (row + 1) * taps), (i * to + row) * from + starts[row]!);
    }
  });
  return tensor3d(values, [maps.length, to, from]);
}

/** The axis as it is, or reversed. */
export function movedMap(length: number, reversed: boolean): AxisMap {
  const starts = Int32Array.from({ length }, (_, i) => (reversed ? length - 1 - i : i));
  return { from: length, to: length, taps: 1, starts, weights: new Float32Array(length).fill(1) };
}
