/** Changing a tensor in place through a native variable, which copies exactly when somebody else holds the memory. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeOps } from './native.js';

/** The library's name for a variable that no other finds. */
const ANONYMOUS = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347';

/**
 * Lends `tensor`'s memory to a native variable while `change` runs ops on it, and returns what the variable then holds: the
 * tensor itself once more where it was changed in place, else a new tensor.
 *
 * A variable writes into its buffer only while it is the buffer's one owner, else it copies first. So where tfjs knows of
 * one holder of `tensor`, that handle is given up for the length of the change; what then still holds the buffer (a slice
 * of it made by the library, a JavaScript array that was uploaded without a copy) makes it copy.
 */
export function withVariable(ops: NativeOps, tensor: TensorInfo, change: (variable: number) => void): TensorInfo {
  const { backend } = ops;
  const { dataId, shape, dtype } = tensor;
  const [id] = backend.getInputTensorIds([tensor]) as [number];
  const owned = backend.refCount(dataId) === 1;
  const type = ops.type('dtype', dtype);
  const names = [ops.text('container', ''), ops.text('shared_name', ANONYMOUS)];
  const variable = ops.raw('VarHandleOp', [...names, type, ops.shape('shape', shape)], [], 1)[0]!.id;
  const read = () => {
    shareAgain(ops, variable);
    return ops.raw('ReadVariableOp', [type], [variable], 1)[0]!;
  };
  try {
    ops.raw('AssignVariableOp', [type], [variable, id], 0);
    if (!owned) {
      change(variable);
      return backend.createOutputTensor(read());
    }
    backend.binding.deleteTensor(id);
    try {
      change(variable);
    } finally {
      backend.tensorMap.get(dataId).id = read().id; // also after a failure: the values are with the variable now
    }
    backend.incRef(dataId);
    return { dataId, shape, dtype };
  } finally {
    // Without this the buffer stays for ever
    ops.raw('DestroyResourceOp', [ops.bool('ignore_lookup_error', true)], [variable], 0);
    backend.binding.deleteTensor(variable);
  }
}

/** A change of single rows turns a variable to copies on every read; this turns it back. Libraries before 2.10 lack it. */
function shareAgain(ops: NativeOps, variable: number): void {
  try {
    ops.raw('DisableCopyOnRead', [], [variable], 0);
  } catch {
    // The read copies, and is right
  }
}
