/** Computing beside the tape of gradients. */
import { customGrad, type Tensor, zerosLike } from '@tensorflow/tfjs-core';

/** What `compute` makes of `source`, as a constant: nothing of it is kept for the backward pass, and no gradient reaches `source`. */
export function constant<S extends Tensor, R extends Tensor>(source: S, compute: (source: S) => R): R {
  return customGrad((...given) => ({
    value: compute(given[0] as S),
    gradFunc: () => zerosLike(source),
  }))(source) as R;
}
