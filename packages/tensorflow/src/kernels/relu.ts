/** ReLU and its gradient, in one pass each: plain tfjs ops take three and a temporary of booleans for the gradient. */
import { nativeKernel } from './native.js';
import { runTyped } from './typed-op.js';

/** x, any shape → max(x, 0). */
export const relu = nativeKernel<'x', object>('KindredRelu', ({ x }, _, ops) => runTyped(ops, { op: 'Relu', typed: [x], outputs: 1 })[0]!);

/** dy and y = relu(x), any shape → dx = dy where y > 0, else 0. */
export const reluGrad = nativeKernel<'dy' | 'y', object>('KindredReluGrad', ({ dy, y }, _, ops) =>
  runTyped(ops, { op: 'ReluGrad', typed: [dy, y], decides: 1, outputs: 1 })[0]!,
);
