/** The sum of two tensors that are both stored in bfloat16: what gradients do where paths of a network part. */
import { Add, getKernel, type KernelConfig, registerKernel, type TensorInfo, unregisterKernel } from '@tensorflow/tfjs-core';
import { isNarrow } from '../bfloat16.js';
import type { NodeBackend } from '../node-backend.js';
import { nativeOps } from './native.js';
import { runTyped } from './typed-op.js';

const marked = Symbol.for('kindred.tensorflow.sum');

/** Puts it in front of tfjs-node's kernel, which goes on to serve all other sums. */
export function registerNarrowSum(): void {
  const plain = getKernel(Add, 'tensorflow') as KernelConfig & { [marked]?: true };
  if (plain[marked]) return;
  const sum: KernelConfig & { [marked]: true } = {
    ...plain,
    kernelFunc(args) {
      const { a, b } = args.inputs as unknown as Readonly<Record<'a' | 'b', TensorInfo>>;
      const backend = args.backend as NodeBackend;
      const both = sameShape(a, b) && [a, b].every(({ dtype }) => dtype === 'float32') && isNarrow(backend, a) && isNarrow(backend, b);
      return both ? runTyped(nativeOps(backend), { op: 'AddV2', typed: [a, b], outputs: 1 })[0]! : plain.kernelFunc(args);
    },
    [marked]: true,
  };
  unregisterKernel(Add, 'tensorflow');
  registerKernel(sum);
}

const sameShape = (a: TensorInfo, b: TensorInfo): boolean => a.shape.length === b.shape.length && a.shape.every((length, axis) => length === b.shape[axis]);
