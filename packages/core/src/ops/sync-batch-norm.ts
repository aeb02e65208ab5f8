/** Batch normalisation whose statistics are also those of rows elsewhere, a sum and ReLU with it. */
import {
  add,
  batchNorm as normalizeWith,
  cast,
  clone,
  customGrad,
  dispose,
  div,
  type GradSaveFunc,
  greater,
  keep,
  mul,
  ones,
  relu as plainRelu,
  rsqrt,
  slice,
  squeeze,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';
import { batchNorm, type BatchNormActivation, type BatchNormResult } from './batch-norm.js';

/** Joins the statistics of the rows here with those of rows elsewhere. Each call is made in the same order everywhere. */
export interface BatchNormSync {
  /** How many times as many rows there are in all as here. */
  readonly ranks: number;
  /** `[2, C]`, mean and biased variance of the rows here → those of all rows. */
  moments(own: Tensor2D): Tensor2D;
  /** `[2, C]`, sums over the rows here → over all rows. */
  sums(own: Tensor2D): Tensor2D;
}

interface Attributes {
  readonly epsilon: number;
  readonly relu: boolean;
  /** Whether there is something to add. */
  readonly sided: boolean;
  readonly [name: string]: unknown;
}

/** All axes but the channels. */
const others = (x: Tensor): number[] => x.shape.slice(0, -1).map((_, axis) => axis);

const row = (moments: Tensor, index: number): Tensor1D => squeeze(slice(moments, [index, 0], [1, -1]), [0]);

const opened = (dy: Tensor, y: Tensor, { relu }: Attributes): Tensor => (relu ? mul(dy, cast(greater(y, 0), 'float32')) : dy);

/** x → moments `[2, C]`. */
const momentsKernel = defineOp<Record<string, never>>({
  name: 'KindredSyncBatchNormMoments',
  composite({ x }) {
    const channels = x!.shape.at(-1)!;
    const { mean, variance } = batchNorm(x!, ones([channels]), zeros([channels]), 1); // one pass over memory where that has a kernel
    return [stack([mean, variance])];
  },
});

/** x, moments, scale, offset, side → y. */
const kernel = defineOp<Attributes>({
  name: 'KindredSyncBatchNorm',
  composite({ x, moments, scale, offset, side }, { epsilon, relu, sided }) {
    const normal = normalizeWith(x as never, row(moments!, 0), row(moments!, 1), offset as Tensor1D, scale as Tensor1D, epsilon) as Tensor;
    const y = sided ? add(normal, side!) : normal;
    return [relu ? plainRelu(y) : y];
  },
});

/** dy, x, y, moments → sums `[2, C]` of g and of g ⊙ (x − mean), and where `sided` g: dy where the ReLU was open. */
const sumsKernel = defineOp<Attributes>({
  name: 'KindredSyncBatchNormSums',
  composite({ dy, x, y, moments }, attributes) {
    const g = opened(dy!, y!, attributes);
    const sums = stack([sum(g, others(x!)), sum(mul(g, sub(x!, row(moments!, 0))), others(x!))]);
    return attributes.sided ? [sums, clone(g)] : [sums];
  },
});

/** dy, x, y, moments, scale, means `[2, C]` of the above over all rows → dx. */
const gradientKernel = defineOp<Attributes>({
  name: 'KindredSyncBatchNormGrad',
  composite({ dy, x, y, moments, scale, means }, attributes) {
    const inverse = rsqrt(add(row(moments!, 1), attributes.epsilon));
    const tilt = mul(row(means!, 1), mul(inverse, inverse));
    const centred = sub(x!, row(moments!, 0));
    return [mul(sub(sub(opened(dy!, y!, attributes), row(means!, 0)), mul(centred, tilt)), mul(scale!, inverse))];
  },
});

/**
 * `batchNorm(x)`, or `relu(batchNorm(x) + side)`, with mean and variance of all ranks' rows:
 *
 *     ∂L/∂x = scale · inverse · (g − S1 / N − x̂ · S2 / N)      S1 = Σ g,  S2 = Σ g ⊙ x̂, over all N rows;  g = ∂L/∂y where the ReLU was open
 *
 * Differentiable in x, scale, offset and side; mean and variance, of all rows, have no gradient. The gradients of scale and offset are those of the rows here: their sum over
 * all ranks is the whole batch's.
 *
 * @param x `[N, H, W, C]` or `[N, C]`, as many rows on every rank.
 * @param scale γ, `[C]`.
 * @param offset β, `[C]`.
 * @param epsilon Added to the variance; PyTorch's default is 1e-5.
 * @param sync What joins the ranks' statistics: one call forward, one backward.
 *
 * @example
 * const alone = { ranks: 1, moments: (own: tf.Tensor2D) => own, sums: (own: tf.Tensor2D) => own };
 * syncBatchNorm(tf.tensor2d([[1], [3]]), tf.ones([1]), tf.zeros([1]), 0, alone).y.arraySync(); // => [[-1], [1]]
 *
 * @see Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1; Zhang et al. 2018, "Context Encoding for Semantic Segmentation", section 3.3
 */
export function syncBatchNorm<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon: number,
  sync: BatchNormSync,
  { relu = false, side }: BatchNormActivation<T> = {},
): BatchNormResult<T> {
  const attributes = { epsilon, relu, sided: relu && side !== undefined };
  const count = (x.size / scale.size) * sync.ranks;
  let found: Tensor2D;
  const normalized = customGrad((...given: (Tensor | GradSaveFunc)[]) => {
    const save = given.pop() as GradSaveFunc;
    const [input, gamma, beta, added] = given as [T, Tensor1D, Tensor1D, T?];
    const moments = sync.moments(momentsKernel({ x: input }, {})[0] as Tensor2D);
    found = keep(moments); // else gone with the scope of this function
    const y = kernel({ x: input, moments, scale: gamma, offset: beta, ...(attributes.sided && { side: added! }) }, attributes)[0]!;
    save([input, gamma, moments, y]);
    return { value: y, gradFunc: (dy: Tensor, saved: Tensor[]) => gradients(dy, saved as never, count, attributes, sync) };
  });
  const y = normalized(x, scale, offset, ...(attributes.sided ? [side!] : [])) as T;
  const [mean, variance] = tidy(() => [row(found, 0), row(found, 1)]) as [Tensor1D, Tensor1D];
  dispose(found!);
  return { y, mean, variance };
}

function gradients(
  dy: Tensor,
  [x, scale, moments, y]: [Tensor, Tensor1D, Tensor2D, Tensor],
  count: number,
  attributes: Attributes,
  sync: BatchNormSync,
): Tensor[] {
  return tidy((): Tensor[] => {
    const none = attributes.relu ? y : tensor1d([]);
    const [own, dside] = sumsKernel({ dy, x, y: none, moments }, attributes) as [Tensor2D, Tensor?];
    const means = div(sync.sums(own), count);
    // dside has the ReLU in it
    const dx = gradientKernel({ dy: dside ?? dy, x, y: none, moments, scale, means }, { ...attributes, relu: attributes.relu && dside === undefined })[0]!;
    const dscale = mul(row(own, 1), rsqrt(add(row(moments, 1), attributes.epsilon)));
    return [dx, dscale, row(own, 0), ...(dside ? [dside] : [])];
  });
}
