/** Batch normalisation, a sum and ReLU in one operation. */
import { add, type Tensor, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import { defineOp, hasKernel } from '../define-op.js';
import { batchNorm, type BatchNormResult } from './batch-norm.js';
import { relu } from './relu.js';

interface Attributes {
  readonly epsilon: number;
  /** Whether there is something to add. */
  readonly sided: boolean;
  readonly [name: string]: unknown;
}

const NAME = 'KindredBatchNormRelu';

const onlyNative = (): never => {
  throw new Error(`${NAME} runs where the backend has a kernel for it.`);
};

const gradientKernel = defineOp<Attributes>({ name: `${NAME}Grad`, composite: onlyNative });

const kernel = defineOp<Attributes>({
  name: NAME,
  composite: onlyNative,
  gradient: {
    inputs: ['x', 'scale', 'offset'],
    outputs: [true, true, true],
    compute([dy], [x, scale, offset, y, mean, variance], attributes) {
      const inputs = { dy: dy!, x: x!, y: y!, scale: scale!, offset: offset!, mean: mean!, variance: variance! };
      const [dx, dscale, doffset, dside] = gradientKernel(inputs, attributes);
      return { x: dx!, scale: dscale!, offset: doffset!, ...(dside && { side: dside }) };
    },
  },
});

/**
 * `relu(batchNorm(x) + side)`: what ends each layer of a residual network. On a backend without a kernel for it those three
 * operations one after the other. Differentiable in x, scale, offset and side; mean and variance have no gradient.
 *
 * @param x `[N, H, W, C]` or `[N, C]`.
 * @param scale γ, `[C]`.
 * @param offset β, `[C]`.
 * @param epsilon Added to the variance; PyTorch's default is 1e-5.
 * @param side Shaped as x; nothing is added where it is absent.
 *
 * @example
 * batchNormRelu(tf.tensor2d([[1], [3]]), tf.ones([1]), tf.zeros([1]), 0).y.arraySync(); // => [[0], [1]]
 *
 * @see Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1; He et al. 2016, "Deep residual learning", figure 2
 */
export function batchNormRelu<T extends Tensor>(x: T, scale: Tensor1D, offset: Tensor1D, epsilon: number, side?: T): BatchNormResult<T> {
  return tidy(() => {
    if (!hasKernel(NAME)) {
      const { y, ...statistics } = batchNorm(x, scale, offset, epsilon);
      return { y: relu(side === undefined ? y : add<T>(y, side)), ...statistics };
    }
    const [y, mean, variance] = kernel({ x, scale, offset, ...(side && { side }) }, { epsilon, sided: side !== undefined });
    return { y: y as T, mean: mean as Tensor1D, variance: variance as Tensor1D };
  });
}
