/** How a kernel is written: a function over the backend's native ops, with short names for their attributes. */
import { type DataType, getKernel, type KernelConfig, registerKernel, type Tensor, tensor1d, type TensorInfo, scalar, unregisterKernel } from '@tensorflow/tfjs-core';
import { BFLOAT16 } from '../bfloat16.js';
import type { Attribute, NodeBackend, RawOutput } from '../node-backend.js';

type Outputs = TensorInfo | readonly TensorInfo[];

/** What a kernel's body works with. */
export interface NativeOps {
  readonly backend: NodeBackend;
  /** Runs a native op with one output. */
  one(op: string, attributes: readonly Attribute[], inputs: readonly TensorInfo[]): Tensor;
  /** Runs a native op with `count` outputs. */
  many(op: string, attributes: readonly Attribute[], inputs: readonly TensorInfo[], count: number): Tensor[];
  /** Runs a native op on native handles; the caller frees what comes out. */
  raw(op: string, attributes: readonly Attribute[], inputs: readonly number[], count: number): RawOutput[];
  /** Lends native int32 vectors to `use` and frees them. */
  withRawInts<T>(vectors: readonly (readonly number[])[], use: (ids: number[]) => T): T;
  /** Lends native float32 scalars to `use` and frees them. */
  withRawFloats<T>(values: readonly number[], use: (ids: number[]) => T): T;
  type(name: string, dtype: DataType | 'bfloat16'): Attribute;
  int(name: string, value: number | readonly number[]): Attribute;
  float(name: string, value: number): Attribute;
  bool(name: string, value: boolean): Attribute;
  text(name: string, value: string): Attribute;
  shape(name: string, value: readonly number[]): Attribute;
}

/** A kernel of the backend `tensorflow`, under the name by which `@kindred/core` looks for it. */
export interface NativeKernel {
  readonly name: string;
  compute(inputs: never, attributes: never, ops: NativeOps): Outputs;
}

/** A kernel. `compute` disposes what it makes and does not return: the engine opens no scope around it. */
export function nativeKernel<Input extends string, Attributes>(
  name: string,
  compute: (inputs: Readonly<Record<Input, TensorInfo>>, attributes: Attributes, ops: NativeOps) => Outputs,
): NativeKernel {
  return { name, compute };
}

/** Runs `use` on an int32 constant and frees it. */
export function withInts<T>(values: readonly number[] | number, use: (constant: Tensor) => T): T {
  const constant = typeof values === 'number' ? scalar(values, 'int32') : tensor1d([...values], 'int32');
  try {
    return use(constant);
  } finally {
    constant.dispose();
  }
}

const registered = Symbol.for('kindred.tensorflow.kernel');

/**
 * Registers kernels, each once, whichever copy of this package comes first. An operation of `@kindred/core` that already
 * ran on the backend has registered its composite under the name: that one is replaced, and with `instead` also a kernel of this package.
 */
export function register(kernels: readonly NativeKernel[], over: 'composites' | 'instead' = 'composites'): void {
  for (const { name, compute } of kernels) {
    const present = getKernel(name, 'tensorflow') as (KernelConfig & { [registered]?: true }) | undefined;
    if (present?.[registered] && over === 'composites') continue;
    if (present) unregisterKernel(name, 'tensorflow');
    const kernel: KernelConfig & { [registered]: true } = {
      kernelName: name,
      backendName: 'tensorflow',
      kernelFunc: ({ inputs, attrs, backend }) => compute(inputs as never, attrs as never, nativeOps(backend as NodeBackend)) as TensorInfo | TensorInfo[],
      [registered]: true,
    };
    registerKernel(kernel);
  }
}

const known = new WeakMap<NodeBackend, NativeOps>();

/** The backend's native ops, with short names. */
export function nativeOps(backend: NodeBackend): NativeOps {
  let ops = known.get(backend);
  if (!ops) known.set(backend, (ops = makeOps(backend)));
  return ops;
}

function makeOps(backend: NodeBackend): NativeOps {
  const { binding } = backend;
  const lent = <T>(ids: number[], use: (ids: number[]) => T): T => {
    try {
      return use(ids);
    } finally {
      for (const id of ids) binding.deleteTensor(id);
    }
  };
  return {
    backend,
    one: (op, attributes, inputs) => backend.executeSingleOutput(op, attributes, inputs),
    many: (op, attributes, inputs, count) => backend.executeMultipleOutputs(op, attributes, inputs, count),
    raw: (op, attributes, inputs, count) => binding.executeOp(op, attributes, inputs, count),
    withRawInts: (vectors, use) =>
      lent(vectors.map((values) => binding.createTensor([values.length], binding.TF_INT32, Int32Array.from(values))), use),
    withRawFloats: (values, use) => lent(values.map((value) => binding.createTensor([], binding.TF_FLOAT, Float32Array.of(value))), use),
    type: (name, dtype) => ({ name, type: binding.TF_ATTR_TYPE, value: dtype === 'bfloat16' ? BFLOAT16 : backend.getDTypeInteger(dtype) }),
    int: (name, value) => ({ name, type: binding.TF_ATTR_INT, value }),
    float: (name, value) => ({ name, type: binding.TF_ATTR_FLOAT, value }),
    bool: (name, value) => ({ name, type: binding.TF_ATTR_BOOL, value }),
    text: (name, value) => ({ name, type: binding.TF_ATTR_STRING, value }),
    shape: (name, value) => ({ name, type: binding.TF_ATTR_SHAPE, value }),
  };
}
