/** Global average pooling, with a gradient of one pass. */
import { defineOp } from '@kindred/core';
import { fill, mean, mul, reshape, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';

const kernel = defineOp<{ height: number; width: number; [name: string]: unknown }>({
  name: 'KindredSpatialMean',
  composite: ({ x }) => [mean(x!, [1, 2])],
  gradient: {
    inputs: [],
    compute: ([dy], _, { height, width }) => ({
      // one broadcast product: tfjs's own gradient makes ones of the input's size, then two passes over them
      x: () => mul(reshape(dy!, [dy!.shape[0]!, 1, 1, dy!.shape[1]!]), fill([1, height, width, 1], 1 / (height * width))),
    }),
  },
});

/** `[N, H, W, C]` to `[N, C]`: the mean over each image's pixels. */
export function spatialMean(x: Tensor4D): Tensor2D {
  return kernel({ x }, { height: x.shape[1], width: x.shape[2] })[0] as Tensor2D;
}
