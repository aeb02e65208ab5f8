/** Computing beside the tape of gradients. */
import { customGrad, type Tensor, zerosLike } from '@tensorflow/tfjs-core';

/**
 * What `compute` makes of `source`, as a constant. In a gradient scope tfjs keeps the inputs of most operations for the
 * backward pass until the scope ends: of a lookup, the scores of every block. Inside customGrad it records none, and what
 * comes out hangs on `source` alone.
 */
export function constant<S extends Tensor, R extends Tensor>(source: S, compute: (source: S) => R): R {
  return customGrad((...given) => ({
    value: compute(given[0] as S),
    gradFunc: () => zerosLike(source),
  }))(source) as R;
}
