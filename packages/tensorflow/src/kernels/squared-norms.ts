/** The squared lengths of many tensors, without temporaries of their size. */
import { nativeKernel } from './native.js';

/** `x.i` → Σ x² of each, `[count]`. */
export const squaredNorms = nativeKernel<string, { readonly count: number }>('KindredSquaredNorms', (inputs, { count }, ops) => {
  const { backend, raw, type, int } = ops;
  const ids = backend.getInputTensorIds(Array.from({ length: count }, (_, i) => inputs[`x.${i}`]!));
  // half of each sum
  const halves = ids.map((id) => raw('L2Loss', [type('T', 'float32')], [id], 1)[0]!.id);
  const packed = raw('Pack', [type('T', 'float32'), int('N', count), int('axis', 0)], halves, 1)[0]!.id;
  const sums = ops.withRawFloats([2], ([two]) => raw('Mul', [type('T', 'float32')], [packed, two!], 1)[0]!);
  for (const id of [...halves, packed]) backend.binding.deleteTensor(id);
  return backend.createOutputTensor(sums);
});
