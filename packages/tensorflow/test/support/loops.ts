/** Convolution and pooling as loops over numbers, in float64: the oracle. Gradients are those of sum(y · dy). */

export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

export type Shape4 = readonly [number, number, number, number];

export const at = ([, h, w, c]: Shape4, n: number, y: number, x: number, z: number): number => ((n * h + y) * w + x) * c + z;

export const outputLength = (length: number, { kernel, stride, padding }: Window): number => Math.floor((length + 2 * padding - kernel) / stride) + 1;

/** Visits every pair of an output place and an input place that its window covers. */
export function eachPair([n, h, w]: Shape4, window: Window, visit: (place: { n: number; oy: number; ox: number; iy: number; ix: number; ky: number; kx: number }) => void): void {
  const { kernel, stride, padding } = window;
  for (let image = 0; image < n; image += 1)
    for (let oy = 0; oy < outputLength(h, window); oy += 1)
      for (let ox = 0; ox < outputLength(w, window); ox += 1)
        for (let ky = 0; ky < kernel; ky += 1)
          for (let kx = 0; kx < kernel; kx += 1) {
            const iy = oy * stride + ky - padding;
            const ix = ox * stride + kx - padding;
            if (iy >= 0 && iy < h && ix >= 0 && ix < w) visit({ n: image, oy, ox, iy, ix, ky, kx });
          }
}

export interface Convolution {
  readonly y: Float64Array;
  readonly dx: Float64Array;
  readonly dfilter: Float64Array;
}

export function convolution(x: ArrayLike<number>, shape: Shape4, filter: ArrayLike<number>, outputs: number, dy: ArrayLike<number>, window: Window): Convolution {
  const channels = shape[3];
  const outShape: Shape4 = [shape[0], outputLength(shape[1], window), outputLength(shape[2], window), outputs];
  const filterAt = (ky: number, kx: number, c: number, o: number): number => ((ky * window.kernel + kx) * channels + c) * outputs + o;
  const y = new Float64Array(outShape.reduce((a, b) => a * b));
  const dx = new Float64Array(x.length);
  const dfilter = new Float64Array(filter.length);
  eachPair(shape, window, ({ n, oy, ox, iy, ix, ky, kx }) => {
    for (let o = 0; o < outputs; o += 1)
      for (let c = 0; c < channels; c += 1) {
        const [out, input, weight] = [at(outShape, n, oy, ox, o), at(shape, n, iy, ix, c), filterAt(ky, kx, c, o)];
        y[out]! += x[input]! * filter[weight]!;
        dx[input]! += filter[weight]! * dy[out]!;
        dfilter[weight]! += x[input]! * dy[out]!;
      }
  });
  return { y, dx, dfilter };
}

export function maxPooling(x: ArrayLike<number>, shape: Shape4, dy: ArrayLike<number>, window: Window): { y: Float64Array; dx: Float64Array } {
  const outShape: Shape4 = [shape[0], outputLength(shape[1], window), outputLength(shape[2], window), shape[3]];
  const y = new Float64Array(outShape.reduce((a, b) => a * b)).fill(-Infinity);
  const winner = new Int32Array(y.length);
  eachPair(shape, window, ({ n, oy, ox, iy, ix }) => {
    for (let c = 0; c < shape[3]; c += 1) {
      const [out, input] = [at(outShape, n, oy, ox, c), at(shape, n, iy, ix, c)];
      if (x[input]! > y[out]!) [y[out], winner[out]] = [x[input]!, input];
    }
  });
  const dx = new Float64Array(x.length);
  winner.forEach((input, out) => (dx[input]! += dy[out]!));
  return { y, dx };
}

export interface Normalisation {
  readonly y: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly dx: Float64Array;
  readonly dscale: Float64Array;
  readonly doffset: Float64Array;
}

/** Batch normalisation of rows of `scale.length` channels. */
export function normalisation(x: ArrayLike<number>, scale: ArrayLike<number>, offset: ArrayLike<number>, dy: ArrayLike<number>, epsilon: number): Normalisation {
  const channels = scale.length;
  const count = x.length / channels;
  const [mean, variance, dscale, doffset] = [0, 0, 0, 0].map(() => new Float64Array(channels)) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const [y, dx] = [new Float64Array(x.length), new Float64Array(x.length)];
  const each = (visit: (i: number, c: number) => void): void => {
    for (let i = 0; i < x.length; i += 1) visit(i, i % channels);
  };
  each((i, c) => (mean[c]! += x[i]! / count));
  each((i, c) => (variance[c]! += (x[i]! - mean[c]!) ** 2 / count));
  const normal = (i: number, c: number): number => (x[i]! - mean[c]!) / Math.sqrt(variance[c]! + epsilon);
  each((i, c) => {
    y[i] = normal(i, c) * scale[c]! + offset[c]!;
    dscale[c]! += dy[i]! * normal(i, c);
    doffset[c]! += dy[i]!;
  });
  // From dσ²/dx and dμ/dx written out, not from the folded formula that libraries use
  const [dvariance, dmean] = [new Float64Array(channels), new Float64Array(channels)];
  each((i, c) => {
    const inverse = 1 / Math.sqrt(variance[c]! + epsilon);
    dvariance[c]! += dy[i]! * scale[c]! * (x[i]! - mean[c]!) * -0.5 * inverse ** 3;
    dmean[c]! -= dy[i]! * scale[c]! * inverse;
  });
  each((i, c) => {
    dx[i] = (dy[i]! * scale[c]!) / Math.sqrt(variance[c]! + epsilon) + (dvariance[c]! * 2 * (x[i]! - mean[c]!)) / count + dmean[c]! / count;
  });
  return { y, mean, variance, dx, dscale, doffset };
}
