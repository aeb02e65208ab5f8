/**
 * Tensors that are stored in bfloat16 (8 bits of mantissa, the range of float32). tfjs knows no such type: to it they are float32. The one
 * rule: kernels of this package that compute in bfloat16 take and give such tensors as they are, and whatever else looks at one, another
 * kernel or a program that reads it, gets float32. That happens where handles leave the backend, so that nobody can forget it.
 */
import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { hasBFloat16 } from './bfloat16-instructions.js';
import type { NodeBackend, RawOutput, StoredTensor } from './node-backend.js';

/** TensorFlow's number for the type. */
export const BFLOAT16 = 14;

/** What convolutions and linear layers compute in. */
export type Precision = 'float32' | 'bfloat16';

interface Mixed {
  precision: Precision;
  /** Whether processor or GPU has instructions for bfloat16. */
  readonly instructions: boolean;
}

/** On the backend itself, so that all copies of this package agree. */
const key = Symbol.for('kindred.tensorflow.precision');
type Marked = NodeBackend & { [key]?: Mixed };

/** What the backend computes in at present. */
export const precisionOf = (backend: NodeBackend): Precision => (backend as Marked)[key]?.precision ?? 'float32';

/** Whether what is to be computed in bfloat16 has instructions for it, and is not to be computed in float32 from rounded values. */
export const hasInstructions = (backend: NodeBackend): boolean => (backend as Marked)[key]?.instructions ?? false;

/** Switches; tensors that are there stay as they are. */
export function setPrecision(backend: NodeBackend, precision: Precision): void {
  const marked = backend as Marked;
  if (marked[key]) marked[key].precision = precision;
  else if (precision === 'bfloat16') {
    marked[key] = { precision, instructions: hasBFloat16(backend.isUsingGpuDevice) };
    widenAtTheDoor(backend);
  }
}

/** Makes the backend's two ways out, native handles for an op and values for a reader, turn bfloat16 into float32. */
function widenAtTheDoor(backend: NodeBackend): void {
  const { getInputTensorIds, readSync } = backend;
  backend.getInputTensorIds = (inputs) => {
    // not all inputs of tfjs-node are tensors
    for (const { dataId } of inputs) if (dataId !== undefined) widen(backend, backend.tensorMap.get(dataId));
    return getInputTensorIds.call(backend, inputs);
  };
  backend.readSync = (dataId) => {
    if (backend.tensorMap.has(dataId)) widen(backend, backend.tensorMap.get(dataId));
    return readSync.call(backend, dataId);
  };
}

/** Replaces a stored bfloat16 handle by a float32 one. */
function widen(backend: NodeBackend, stored: StoredTensor): void {
  if (stored.dtype !== BFLOAT16) return;
  const narrow = stored.id;
  stored.id = castHandle(backend, narrow, BFLOAT16, backend.binding.TF_FLOAT);
  stored.dtype = backend.binding.TF_FLOAT;
  backend.binding.deleteTensor(narrow);
}

/** A copy of a native handle in another type; the caller frees it. */
export function castHandle({ binding }: NodeBackend, id: number, from: number, to: number): number {
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  return binding.executeOp('Cast', [type('SrcT', from), type('DstT', to)], [id], 1)[0]!.id;
}

/** Whether a tensor is stored in bfloat16. */
export const isNarrow = (backend: NodeBackend, { dataId }: TensorInfo): boolean => backend.tensorMap.get(dataId).dtype === BFLOAT16;

/** Lends `use` native bfloat16 handles of tensors: their own where they are stored so, rounded copies otherwise. */
export function withNarrow<T>(backend: NodeBackend, tensors: readonly TensorInfo[], use: (ids: number[]) => T): T {
  const copies: number[] = [];
  try {
    const ids = tensors.map((tensor) => {
      if (isNarrow(backend, tensor)) return backend.tensorMap.get(tensor.dataId).id;
      const copy = castHandle(backend, backend.getInputTensorIds([tensor])[0]!, backend.binding.TF_FLOAT, BFLOAT16);
      copies.push(copy);
      return copy;
    });
    return use(ids);
  } finally {
    for (const id of copies) backend.binding.deleteTensor(id);
  }
}

/** A tensor for a native bfloat16 handle, which it owns. */
export function narrowTensor(backend: NodeBackend, { id, shape }: RawOutput): Tensor {
  const dataId = {};
  backend.tensorMap.set(dataId, { shape, dtype: BFLOAT16, id, values: null, refCount: 1 });
  return engine().makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype: 'float32' });
}

/** A float32 tensor for a native bfloat16 handle, which is freed. */
export function widenedTensor(backend: NodeBackend, { id, shape }: RawOutput): Tensor {
  const { binding } = backend;
  const wide = castHandle(backend, id, BFLOAT16, binding.TF_FLOAT);
  binding.deleteTensor(id);
  return backend.createOutputTensor({ id: wide, shape, dtype: binding.TF_FLOAT });
}

/**
 * What bfloat16 instructions would give, on a processor that has none: `compute` gets float32 tensors of the rounded values of `tensors`, which it must not
 * keep. TensorFlow's own bfloat16 loops for such processors are slower than float32 ones, and round each partial sum.
 */
export function withRounded<T>(backend: NodeBackend, tensors: readonly TensorInfo[], compute: (rounded: TensorInfo[]) => T): T {
  const { binding } = backend;
  const rounded = withNarrow(backend, tensors, (ids) =>
    ids.map((id, i) => backend.createOutputTensor({ id: castHandle(backend, id, BFLOAT16, binding.TF_FLOAT), shape: tensors[i]!.shape, dtype: binding.TF_FLOAT })),
  );
  try {
    return compute(rounded);
  } finally {
    for (const each of rounded) each.dispose();
  }
}

/** A float32 tensor rounded and stored in bfloat16; it is disposed. */
export function narrowed(backend: NodeBackend, tensor: Tensor): Tensor {
  const id = castHandle(backend, backend.getInputTensorIds([tensor])[0]!, backend.binding.TF_FLOAT, BFLOAT16);
  tensor.dispose();
  return narrowTensor(backend, { id, shape: tensor.shape, dtype: BFLOAT16 });
}
