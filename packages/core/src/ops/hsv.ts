/** Colours between red-green-blue and hue-saturation-value. No gradients: for augmentations. */
import { abs, add, clipByValue, div, equal, floor, maximum, minimum, mul, sub, type Tensor, split, concat, where, zerosLike } from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';

const toHsv = defineOp({
  name: 'KindredRgbToHsv',
  composite({ x }) {
    const [r, g, b] = split(x!, 3, -1) as [Tensor, Tensor, Tensor];
    const value = maximum(maximum(r, g), b);
    const chroma = sub(value, minimum(minimum(r, g), b));
    const safe = where(equal(chroma, 0), add(zerosLike(chroma), 1), chroma);
    const sixths = where(
      equal(value, r),
      div(sub(g, b), safe),
      where(equal(value, g), add(div(sub(b, r), safe), 2), add(div(sub(r, g), safe), 4)),
    );
    const turns = mul(sixths, 1 / 6);
    const hue = where(equal(chroma, 0), zerosLike(chroma), sub(turns, floor(turns)));
    const saturation = div(chroma, where(equal(value, 0), add(zerosLike(value), 1), value));
    return [concat([hue, saturation, value], -1)];
  },
});

/**
 * Hue (turns, 0..1), saturation and value (0..1) of colours. Grey has hue 0.
 *
 * @param x `[..., 3]`, red, green, blue in 0..1.
 *
 * @example
 * rgbToHsv(tf.tensor1d([0, 0.5, 0])).arraySync(); // => [0.33333, 1, 0.5]
 */
export function rgbToHsv<T extends Tensor>(x: T): T {
  return toHsv({ x }, {})[0] as T;
}

const toRgb = defineOp({
  name: 'KindredHsvToRgb',
  composite({ x }) {
    const [h, s, v] = split(x!, 3, -1) as [Tensor, Tensor, Tensor];
    const sixths = mul(h, 6);
    // each channel rises and falls along the hue: |6h − 3| − 1, 2 − |6h − 2|, 2 − |6h − 4|, clipped to 0..1
    const channels = [
      sub(abs(sub(sixths, 3)), 1),
      sub(2, abs(sub(sixths, 2))),
      sub(2, abs(sub(sixths, 4))),
    ].map((pure) => mul(v, add(sub(1, s), mul(s, clipByValue(pure, 0, 1)))));
    return [concat(channels, -1)];
  },
});

/**
 * Red, green and blue (0..1) of colours: the inverse of `rgbToHsv`.
 *
 * @param x `[..., 3]`, hue (turns, 0..1), saturation and value (0..1).
 *
 * @example
 * hsvToRgb(tf.tensor1d([1 / 3, 1, 0.5])).arraySync(); // => [0, 0.5, 0]
 */
export function hsvToRgb<T extends Tensor>(x: T): T {
  return toRgb({ x }, {})[0] as T;
}
