/** Batch normalisation over all axes but the last, with the batch's own statistics. */
import {
  add,
  mean as meanOf,
  mul,
  reshape,
  rsqrt,
  type Tensor,
  type Tensor1D,
  square,
  sub,
  sum,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';

/** What normalising a batch gives. */
export interface BatchNormResult<T extends Tensor> {
  /** `scale · (x − mean) / √(variance + epsilon) + offset`, shaped as x. */
  readonly y: T;
  /** `[C]`, no gradient. */
  readonly mean: Tensor1D;
  /** `[C]`, biased (divided by n), no gradient. */
  readonly variance: Tensor1D;
}

/** A batch that was normalised in groups of rows, one group as a rule. */
export interface NormalizedBatch<T extends Tensor> extends BatchNormResult<T> {
  /** How many values per channel the statistics of a group are computed from; mean and variance are averaged over the groups. */
  readonly count: number;
}

/** What follows a normalisation. */
export interface BatchNormActivation<T extends Tensor> {
  /** Whether ReLU follows. Default: false. */
  readonly relu?: boolean | undefined;
  /** Shaped as x, added before the ReLU; only with `relu`. */
  readonly side?: T | undefined;
}

/** How a layer wants its batch normalised. */
export interface NormalizeOptions<T extends Tensor> extends BatchNormActivation<T> {
  readonly epsilon: number;
  /** The number of runs of rows that are normalised separately. */
  readonly groups: number;
}

/**
 * How a batch is normalised in training: by its own rows, as `batchNormalization` of `@kindred/backbones` does by default, or by
 * those of all ranks (`normalizeAcross` of `@kindred/distributed`). Its `y` is what follows the normalisation as well, where that is asked for:
 * `relu(normalised + side)`.
 */
export type Normalize = <T extends Tensor>(x: T, scale: Tensor1D, offset: Tensor1D, options: NormalizeOptions<T>) => NormalizedBatch<T>;

interface Attributes {
  readonly epsilon: number;
  readonly [name: string]: unknown;
}

/** All axes but the channels. */
const others = (x: Tensor): number[] => x.shape.slice(0, -1).map((_, axis) => axis);

const gradientKernel = defineOp<Attributes>({
  name: 'KindredBatchNormGrad',
  composite({ dy, x, scale, savedA: mean, savedB: variance }, { epsilon }) {
    const axes = others(x!);
    const count = x!.size / scale!.size;
    const inverse = rsqrt(add(variance!, epsilon));
    const normalised = mul(sub(x!, mean!), inverse);
    const dscale = sum(mul(dy!, normalised), axes);
    const doffset = sum(dy!, axes);
    const centred = sub(mul(dy!, count), add(doffset, mul(normalised, dscale)));
    return [mul(centred, mul(inverse, mul(scale!, 1 / count))), dscale, doffset];
  },
});

const kernel = defineOp<Attributes>({
  name: 'KindredBatchNorm',
  composite({ x, scale, offset }, { epsilon }) {
    const axes = others(x!);
    const mean = meanOf(x!, axes);
    const centred = sub(x!, mean);
    const variance = meanOf(square(centred), axes);
    const y = add(mul(centred, mul(rsqrt(add(variance, epsilon)), scale!)), offset!);
    // what the gradient needs: a fast kernel saves what suits it, this one its statistics
    return [y, mean, variance, mul(mean, 1), mul(variance, 1), tensor1d([0])];
  },
  gradient: {
    inputs: ['x', 'scale'],
    outputs: [false, false, false, true, true, true],
    compute([dy], [x, scale, savedA, savedB, savedC], attributes) {
      const inputs = { dy: dy!, x: x!, scale: scale!, savedA: savedA!, savedB: savedB!, savedC: savedC! };
      const [dx, dscale, doffset] = gradientKernel(inputs, attributes);
      return { x: dx!, scale: dscale!, offset: doffset! };
    },
  },
});

/**
 * Normalises by the batch's own mean and variance (training mode). Differentiable in x, scale and offset.
 *
 * @param x `[N, H, W, C]` or `[N, C]`.
 * @param scale γ, `[C]`.
 * @param offset β, `[C]`.
 * @param epsilon Added to the variance; PyTorch's default is 1e-5.
 *
 * @example
 * batchNorm(tf.tensor2d([[1], [3]]), tf.ones([1]), tf.zeros([1]), 0).y.arraySync(); // => [[-1], [1]]
 *
 * @see Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1
 */
export function batchNorm<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon: number,
): BatchNormResult<T> {
  return tidy(() => {
    const four = x.rank === 4 ? x : reshape(x, [x.size / scale.size, 1, 1, scale.size]);
    const [y, mean, variance] = kernel({ x: four, scale, offset }, { epsilon });
    return {
      y: (x.rank === 4 ? y! : reshape(y!, x.shape)) as T,
      mean: mean as Tensor1D,
      variance: variance as Tensor1D,
    };
  });
}
