/** Colour jitter in tensor operations, for values on a GPU: the whole batch at once, in shapes that never change. */
import { matMul, type Tensor3D } from '@tensorflow/tfjs-core';
import { changeColors, colorMatrices, unchanged } from './color-matrices.js';
import type { JitterPlan } from './jitter-steps.js';
import { shiftHue } from './shift-hue.js';

/**
 * The whole batch runs through up to three linear changes, the hue and up to three linear changes again; an image that has
 * none at a place passes it with factor 1, and through the hue within 3e-7. Inside the caller's tidy.
 *
 * @param pixels `[N, H·W, C]`, C = 1 or 3, in 0..1.
 */
export function jitterByTensors(pixels: Tensor3D, plans: readonly JitterPlan[]): Tensor3D {
  const linear = (x: Tensor3D, side: 'before' | 'after', planes: boolean): Tensor3D => {
    const depth = Math.max(...plans.map((plan) => plan[side].length));
    for (let at = 0; at < depth; at++) {
      x = changeColors(x, plans.map((plan) => plan[side][at] ?? unchanged), planes && at === 0);
    }
    return planes && depth === 0 ? matMul(x, colorMatrices(plans.map(() => unchanged), 3), true) : x;
  };
  const before = linear(pixels, 'before', false);
  if (plans.every((plan) => plan.turns === 0)) return linear(before, 'after', false);
  return linear(shiftHue(before, plans.map((plan) => plan.turns)), 'after', true);
}
