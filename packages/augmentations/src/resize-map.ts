/** Resampling along one axis, as in PIL and in torchvision with `antialias=True`, or without. */
import type { AxisMap } from './axis-map.js';

/** How pixels between pixels are found. Bicubic takes a = −0.5, as PIL and TensorFlow do. */
export type Interpolation = 'bilinear' | 'bicubic';

const filters: Record<Interpolation, { readonly support: number; weight(x: number): number }> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight(x) {
      const d = Math.abs(x);
      if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
      return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    },
  },
};

/**
 * Takes the pixels `start`..`start + length − 1` of an axis of `from` to `to` pixels. If it shrinks and is antialiased,
 * the filter widens with it; pixels outside of the part have no say, and each row of weights sums to 1.
 */
export function resizeMap(
  { from, start, length, to }: { readonly from: number; readonly start: number; readonly length: number; readonly to: number },
  interpolation: Interpolation,
  antialias: boolean,
): AxisMap {
  const { support, weight } = filters[interpolation];
  const scale = length / to;
  const stretch = antialias ? Math.max(scale, 1) : 1;
  const reach = support * stretch;
  const taps = Math.min(length, Math.ceil(2 * reach));
  const starts = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let row = 0; row < to; row++) {
    const center = (row + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(length, Math.trunc(center + reach + 0.5));
    // near the end the row starts earlier, so that all of its weights are for pixels of the part
    const at = Math.min(first, length - taps);
    const base = row * taps - at;
    let sum = 0;
    for (let j = first; j < end; j++) {
      const share = weight((j + 0.5 - center) / stretch);
      weights[base + j] = share;
      sum += share;
    }
    for (let j = first; j < end; j++) weights[base + j] = weights[base + j]! / sum;
    starts[row] = start + at;
  }
  return { from, to, taps, starts, weights };
}
