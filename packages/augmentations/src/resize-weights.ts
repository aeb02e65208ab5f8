/** Antialiased resampling along one axis, as in PIL and in torchvision with `antialias=True`. */

/** How pixels between pixels are found. Bicubic takes a = −0.5, as PIL does. */
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
 * Writes the matrix that takes the pixels `start`..`start + length − 1` of an axis to `to` pixels. Where it shrinks, the
 * filter widens with it; pixels outside of the part have no say, and each row of weights sums to 1.
 *
 * @param matrix Zeros; `[to, from]` are written from `offset` on.
 */
export function writeResizeMatrix(
  matrix: Float32Array,
  offset: number,
  { from, start, length, to }: { readonly from: number; readonly start: number; readonly length: number; readonly to: number },
  interpolation: Interpolation,
): void {
  const { support, weight } = filters[interpolation];
  const scale = length / to;
  const stretch = Math.max(scale, 1);
  for (let row = 0; row < to; row++) {
    const center = (row + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support * stretch + 0.5));
    const end = Math.min(length, Math.trunc(center + support * stretch + 0.5));
    const base = offset + row * from + start;
    let sum = 0;
    for (let j = first; j < end; j++) {
      const share = weight((j + 0.5 - center) / stretch);
      matrix[base + j] = share;
      sum += share;
    }
    for (let j = first; j < end; j++) matrix[base + j] = matrix[base + j]! / sum;
  }
}
