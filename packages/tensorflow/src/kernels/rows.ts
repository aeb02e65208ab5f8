/** The best entries of each row of a matrix. */
import { nativeKernel, withInts } from './native.js';

/** x `[N, K]` → values and indices (int32) of the k largest, `[N, k]`, largest first; the first index wins a tie. */
export const topK = nativeKernel<'x', { readonly k: number }>('KindredTopK', ({ x }, { k }, { many, type, bool }) =>
  withInts(k, (count) => many('TopKV2', [type('T', 'float32'), bool('sorted', true)], [x, count], 2)),
);

/** x `[N, K]` → int32 `[N]`, the first index of the largest. */
export const argMaxRows = nativeKernel<'x', object>('KindredArgMaxRows', ({ x }, _, { one, type }) =>
  withInts(1, (axis) => one('ArgMax', [type('T', 'float32'), type('Tidx', 'int32'), type('output_type', 'int32')], [x, axis])),
);
