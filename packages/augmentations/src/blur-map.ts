/** A Gaussian along one axis. */
import { type AxisMap, movedMap } from './axis-map.js';

/** What a blur takes beyond the image: its mirror, without the edge pixel (torchvision, OpenCV), or black (TensorFlow, BYOL). */
export type BlurEdges = 'mirror' | 'zeros';

/** What lies further out weighs 1e-6 in all. */
const reach = (sigma: number): number => Math.ceil(4.9 * sigma);

/** The map of an axis: a kernel of 2 · radius + 1 pixels that sums to 1; nothing changes where σ is 0. */
export function blurMap(length: number, sigma: number, radius: number, edges: BlurEdges): AxisMap {
  if (sigma === 0) return movedMap(length, false);
  const near = Math.min(radius, reach(sigma));
  const kernel = new Float64Array(near + 1);
  let sum = 0;
  for (let d = 0; d <= near; d++) {
    kernel[d] = d === 0 ? 1 : Math.exp(-0.5 * (d / sigma) ** 2);
    sum += d === 0 ? 1 : 2 * kernel[d]!;
  }
  const taps = Math.min(length, 2 * near + 1);
  const starts = new Int32Array(length);
  const weights = new Float32Array(length * taps);
  for (let to = 0; to < length; to++) {
    const start = Math.min(Math.max(0, to - near), length - taps);
    starts[to] = start;
    for (let d = -near; d <= near; d++) {
      const inside = to + d >= 0 && to + d < length;
      if (!inside && edges === 'zeros') continue;
      const at = to * taps + (inside ? to + d : mirrored(to + d, length)) - start;
      weights[at] = weights[at]! + kernel[Math.abs(d)]! / sum;
    }
  }
  return { from: length, to: length, taps, starts, weights };
}

/** The pixel that stands for one outside of the image. */
function mirrored(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = ((index % period) + period) % period;
  return folded < length ? folded : period - folded;
}
