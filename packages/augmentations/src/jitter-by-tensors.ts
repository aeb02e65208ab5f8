/** Colour jitter in tensor operations, for values on a GPU: the whole batch at once, in shapes that never change. */
import { matMul, reshape, type Tensor3D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { changeHsv } from './change-hsv.js';
import { changeColors, type ColorChange, colorMatrices, unchanged } from './color-matrices.js';
import type { HsvChange, PixelChange } from './jitter-steps.js';

/** An image's linear changes before its first change in HSV, between that and the second, and so on. */
interface Stages {
  readonly linear: ColorChange[][];
  readonly hsv: HsvChange[];
}

/**
 * The whole batch runs through linear changes, a change in HSV, linear changes and so on, as often as any image of it
 * needs; an image that has none at a place passes it with factor 1, and through HSV within 3e-7.
 *
 * @param images `[N, H, W, C]`, C = 1 or 3, in 0..1.
 */
export function jitterByTensors(images: Tensor4D, plans: readonly (readonly PixelChange[])[]): Tensor4D {
  const [n, height, width, channels] = images.shape;
  return tidy(() => reshape(jitterPixels(reshape(images, [n, height * width, channels]), plans), images.shape));
}

function jitterPixels(pixels: Tensor3D, plans: readonly (readonly PixelChange[])[]): Tensor3D {
  const stages = plans.map(stagesOf);
  const still: HsvChange = { turns: 0, saturation: 1 };
  const rounds = Math.max(...stages.map(({ hsv }) => hsv.length));
  let x = pixels;
  for (let round = 0; round <= rounds; round++) {
    const planes = round > 0;
    if (planes) x = changeHsv(x, stages.map(({ hsv }) => hsv[round - 1] ?? still));
    const depth = Math.max(...stages.map(({ linear }) => linear[round]?.length ?? 0));
    for (let at = 0; at < depth; at++) {
      x = changeColors(x, stages.map(({ linear }) => linear[round]?.[at] ?? unchanged), planes && at === 0);
    }
    if (planes && depth === 0) x = matMul(x, colorMatrices(plans.map(() => unchanged), 3), true);
  }
  return x;
}

function stagesOf(plan: readonly PixelChange[]): Stages {
  const linear: ColorChange[][] = [[]];
  const hsv: HsvChange[] = [];
  for (const change of plan) {
    if ('linear' in change) linear.at(-1)!.push(change.linear);
    else {
      hsv.push(change.hsv);
      linear.push([]);
    }
  }
  return { linear, hsv };
}
