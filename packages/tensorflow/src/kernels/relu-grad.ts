/** The gradient of ReLU in one pass, where plain tfjs ops take three and a temporary of booleans. */
import { nativeKernel } from './native.js';

/** dy and y = relu(x), any shape → dx = dy where y > 0, else 0. */
export const reluGrad = nativeKernel<'dy' | 'y', object>('KindredReluGrad', ({ dy, y }, _, { one, type }) =>
  one('ReluGrad', [type('T', 'float32')], [dy, y]),
);
