/** Changing tensors in place through a native variable, which copies exactly when somebody else holds the memory. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeOps } from './native.js';

/** The library's name for an anonymous variable. */
const ANONYMOUS = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347';

/** A native variable that tensors are lent to, one after the other. */
export interface Slot {
  /** The variable's handle, the first input of the native ops that change one. */
  readonly id: number;
  /**
   * Lends `tensor`'s memory to the variable while `change` runs ops on it, and returns what the variable then holds: the
   * tensor itself if it was changed in place, otherwise a new tensor.
   *
   * A variable writes into its buffer only while it is the buffer's sole owner, otherwise it copies first. So if tfjs knows
   * of one holder of `tensor`, that handle is given up for the duration of the change; whatever else holds the buffer (a
   * slice of it made by the library, a JavaScript array that was uploaded without a copy) forces a copy.
   */
  lend(tensor: TensorInfo, change: () => void): TensorInfo;
  /** The same for a native handle, which is given up for good. */
  adopt(handle: number, change: () => void): TensorInfo;
}

/** Makes a variable for tensors of one type, of any shape, and destroys it after `use`. */
export function withSlot<T>(ops: NativeOps, dtype: TensorInfo['dtype'], use: (slot: Slot) => T): T {
  const { backend, raw } = ops;
  const { binding, tensorMap } = backend;
  const type = ops.type('dtype', dtype);
  const attributes = [ops.text('container', ''), ops.text('shared_name', ANONYMOUS), type, ops.shape('shape', [])];
  const id = raw('VarHandleOp', attributes, [], 1)[0]!.id;
  const set = (handle: number): unknown => raw('AssignVariableOp', [type], [id, handle], 0);
  const read = () => {
    shareAgain(ops, id);
    return raw('ReadVariableOp', [type], [id], 1)[0]!;
  };
  const slot: Slot = {
    id,
    lend(tensor, change) {
      const { dataId, shape } = tensor;
      const [handle] = backend.getInputTensorIds([tensor]) as [number];
      set(handle);
      if (backend.refCount(dataId) !== 1) {
        change();
        return backend.createOutputTensor(read());
      }
      binding.deleteTensor(handle);
      try {
        change();
      } finally {
        tensorMap.get(dataId).id = read().id; // also after a failure: the values are with the variable now
      }
      backend.incRef(dataId);
      return { dataId, shape, dtype };
    },
    adopt(handle, change) {
      set(handle);
      binding.deleteTensor(handle);
      change();
      return backend.createOutputTensor(read());
    },
  };
  try {
    return use(slot);
  } finally {
    // Without this the last buffer is never freed
    raw('DestroyResourceOp', [ops.bool('ignore_lookup_error', true)], [id], 0);
    binding.deleteTensor(id);
  }
}

/** A change of single rows makes a variable copy on every read; this reverts that. Libraries before 2.10 lack it. */
function shareAgain(ops: NativeOps, variable: number): void {
  try {
    ops.raw('DisableCopyOnRead', [], [variable], 0);
  } catch {
    // The read copies, and is still correct
  }
}
