/** Linear changes of colour: a matrix, a share of the means and a shift for each image. */
import {
  add,
  matMul,
  mean,
  minimum,
  mul,
  relu,
  reshape,
  type Tensor2D,
  tensor2d,
  type Tensor3D,
  tensor3d,
} from '@tensorflow/tfjs-core';

/** The share of red, green and blue in grey (ITU-R BT.601, as torchvision rounds it). */
export const grayWeights = [0.2989, 0.587, 0.114] as const;

/** `x' = own · x + gray · grey(x) + meanGray · mean(grey(x)) + meanChannel · mean(x) + shift`, for one image. */
export interface ColorChange {
  readonly own: number;
  readonly gray: number;
  readonly meanGray: number;
  readonly meanChannel: number;
  readonly shift: number;
}

/** Nothing changes. */
export const unchanged: ColorChange = { own: 1, gray: 0, meanGray: 0, meanChannel: 0, shift: 0 };

/** The matrices of `x'` without means and shift, for colours as row vectors: `[N, C, C]`. With one channel, grey is x. */
export function colorMatrices(changes: readonly Pick<ColorChange, 'own' | 'gray'>[], channels: number): Tensor3D {
  const weights = channels === 1 ? [1] : grayWeights;
  const values = new Float32Array(changes.length * channels * channels);
  changes.forEach(({ own, gray }, i) => {
    for (let from = 0; from < channels; from++) {
      for (let to = 0; to < channels; to++) {
        values[(i * channels + from) * channels + to] = gray * weights[from]! + (from === to ? own : 0);
      }
    }
  });
  return tensor3d(values, [changes.length, channels, channels]);
}

/**
 * Applies one change to each image and clips to 0..1. Inside the caller's tidy.
 *
 * @param pixels `[N, H·W, C]`, or `[N, C, H·W]` where `planes` is true.
 * @returns `[N, H·W, C]`.
 */
export function changeColors(pixels: Tensor3D, changes: readonly ColorChange[], planes = false): Tensor3D {
  const n = changes.length;
  const channels = pixels.shape[planes ? 1 : 2];
  const size = pixels.shape[planes ? 2 : 1] * channels;
  const column = (value: (change: ColorChange) => number): Tensor2D => tensor2d(changes.map(value), [n, 1]);
  // a product on the layout of planes also turns it: a transposition by itself would cost as much again
  const product: Tensor3D = matMul(pixels, colorMatrices(changes, channels), planes);
  let flat: Tensor2D = reshape(product, [n, size]);
  const perChannel = changes.some(({ meanChannel }) => meanChannel !== 0);
  if (perChannel || changes.some(({ meanGray }) => meanGray !== 0)) {
    const means = mean(pixels, planes ? 2 : 1) as Tensor2D;
    const weights = tensor2d(channels === 1 ? [1] : [...grayWeights], [channels, 1]);
    flat = add(flat, mul(matMul(means, weights), column((change) => change.meanGray)));
    if (perChannel) {
      const shares = reshape(mul(means, column((change) => change.meanChannel)), [n, 1, channels]);
      flat = reshape(add(reshape(flat, product.shape), shares), [n, size]);
    }
  }
  if (changes.some(({ shift }) => shift !== 0)) flat = add(flat, column((change) => change.shift));
  // relu and minimum run on all cores and vector units, clipByValue on neither: 3 times as slow
  return reshape(minimum(relu(flat), 1), product.shape);
}
