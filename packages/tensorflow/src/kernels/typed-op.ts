/** Runs an op in the type that one of its inputs is stored in. */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { BFLOAT16, isNarrow, narrowTensor, withNarrow } from '../bfloat16.js';
import type { Attribute } from '../node-backend.js';
import type { NativeOps } from './native.js';

/** What an op takes and gives. */
export interface TypedOp {
  readonly op: string;
  /** All but `T`. */
  readonly attributes?: readonly Attribute[];
  /** Inputs of type `T`. */
  readonly typed: readonly TensorInfo[];
  /** Which of them decides the type: where it is stored in bfloat16, the others are rounded to it. Default: the first. */
  readonly decides?: number;
  /** Further inputs, float32 always. */
  readonly floats?: readonly TensorInfo[];
  readonly outputs: number;
}

/** The op's outputs; those in bfloat16 stay so. */
export function runTyped(ops: NativeOps, { op, attributes = [], typed, decides = 0, floats = [], outputs }: TypedOp): Tensor[] {
  const { backend } = ops;
  const narrow = isNarrow(backend, typed[decides]!);
  const type = ops.type('T', narrow ? 'bfloat16' : 'float32');
  const apply = (ids: readonly number[]) => ops.raw(op, [type, ...attributes], [...ids, ...backend.getInputTensorIds(floats)], outputs);
  const made = narrow ? withNarrow(backend, typed, apply) : apply(backend.getInputTensorIds(typed));
  return made.map((each) => (each.dtype === BFLOAT16 ? narrowTensor(backend, each) : backend.createOutputTensor(each)));
}
