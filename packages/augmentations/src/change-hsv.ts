/** Hue turned and saturation multiplied, by planes of one channel each. */
import {
  abs,
  add,
  concat,
  div,
  equal,
  floor,
  maximum,
  minimum,
  mul,
  relu6,
  reshape,
  split,
  sub,
  type Tensor,
  type Tensor2D,
  tensor2d,
  type Tensor3D,
  where,
} from '@tensorflow/tfjs-core';
import type { HsvChange } from './jitter-steps.js';

/**
 * Turns the hue of each image and multiplies its saturation, value as it is: RGB to HSV and back, without HSV ever being
 * laid out.
 *
 * With V = max, m = min, c = V − m and the hue h in sixths of a turn, each channel is m + c·t, where t rises and falls
 * along h: clip(|h − 3| − 1), clip(2 − |h − 2|), clip(2 − |h − 4|). Here h runs over 0..36, so that a clip to 0..6 (relu6)
 * is one operation. Saturation is c / V: to multiply it is to multiply c, up to V.
 *
 * @param pixels `[N, H·W, 3]` in 0..1.
 * @param changes One for each image.
 * @returns Planes, `[N, 3, H·W]`. Inside the caller's tidy.
 */
export function changeHsv(pixels: Tensor3D, changes: readonly HsvChange[]): Tensor3D {
  const [n, size] = pixels.shape;
  const plane = (x: Tensor): Tensor2D => reshape(x, [n, size]);
  const [r, g, b] = split(pixels, 3, 2).map(plane) as [Tensor2D, Tensor2D, Tensor2D];
  const value = maximum(maximum(r, g), b);
  const low = minimum(minimum(r, g), b);
  const chroma = sub(value, low);
  const sixths = where(
    equal(value, r),
    sub(g, b),
    where(equal(value, g), add(sub(b, r), mul(chroma, 2)), add(sub(r, g), mul(chroma, 4))),
  );
  // grey has chroma 0 and any hue: 0 / tiny = 0
  const own = div(sixths, mul(maximum(chroma, 1e-20), 6));
  const turned = add(own, tensor2d(changes.map(({ turns }) => turns), [n, 1]));
  const hue = mul(sub(turned, floor(turned)), 36);
  const saturates = changes.some(({ saturation }) => saturation !== 1);
  const after = saturates ? minimum(mul(chroma, tensor2d(changes.map(({ saturation }) => saturation), [n, 1])), value) : chroma;
  const lowest = saturates ? sub(value, after) : low;
  const share = mul(after, 1 / 6);
  const channel = (height: Tensor2D): Tensor3D => reshape(add(mul(relu6(height), share), lowest), [n, 1, size]);
  return concat(
    [
      channel(sub(abs(sub(hue, 18)), 6)),
      channel(sub(12, abs(sub(hue, 12)))),
      channel(sub(12, abs(sub(hue, 24)))),
    ],
    1,
  );
}
