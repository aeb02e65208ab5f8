/** tfjs-node's backend over an addon: loading it, and the part of its surface that is used here. */
import { createRequire } from 'node:module';
import util from 'node:util';
import { type DataId, type DataType, engine, findBackend, io, type KernelBackend, registerBackend, setBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';

const require = createRequire(import.meta.url);
const PACKAGE = '@tensorflow/tfjs-node-gpu';

/** An attribute of a native op. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: boolean | number | string | readonly number[];
}

/** A native handle. */
export interface RawOutput {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

/** The addon, as far as it is used here. */
export interface Binding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_SHAPE: number;
  createTensor(shape: readonly number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  executeOp(name: string, attributes: readonly Attribute[], inputs: readonly number[], outputs: number): RawOutput[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
}

/** What tfjs-node keeps for a data id. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** TensorFlow's number for the type. */
  dtype: number;
  id: number;
  /** Not yet handed to the library. */
  readonly values: unknown;
  readonly refCount: number;
}

/** tfjs-node's backend. */
export interface NodeBackend extends KernelBackend {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  getDTypeInteger(dtype: DataType): number;
  executeSingleOutput(name: string, attributes: readonly Attribute[], inputs: readonly TensorInfo[]): Tensor;
  executeMultipleOutputs(name: string, attributes: readonly Attribute[], inputs: readonly TensorInfo[], outputs: number): Tensor[];
  /** Native ids for inputs: uploads those that are still arrays. Private in tfjs-node's declarations. */
  getInputTensorIds(inputs: readonly TensorInfo[]): number[];
  /** A tensor for a native handle. Private in tfjs-node's declarations. */
  createOutputTensor(handle: RawOutput): Tensor;
  /** What belongs to a data id. Private in tfjs-node's declarations. */
  readonly tensorMap: { has(dataId: DataId): boolean; get(dataId: DataId): StoredTensor; set(dataId: DataId, stored: StoredTensor): void };
}

/** The backend `tensorflow` if it is registered, by us or by a program that imports tfjs-node itself. */
export function nodeBackend(): NodeBackend | undefined {
  return (findBackend('tensorflow') as NodeBackend | null) ?? undefined;
}

/** Registers the backend `tensorflow` over the addon at `path` and makes it current. */
export async function loadBackend(path: string): Promise<NodeBackend> {
  completeNodeUtil();
  const binding = require(path) as Binding;
  require(`${PACKAGE}/dist/register_all_kernels`);
  const { NodeJSKernelBackend } = require(`${PACKAGE}/dist/nodejs_kernel_backend`) as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => NodeBackend;
  };
  const backend = new NodeJSKernelBackend(binding, PACKAGE);
  // A failed attempt must not leave a backend behind that the next one would find
  registerBackend('tensorflow', () => backend, 3);
  await setBackend('tensorflow');
  registerFileHandlers();
  return backend;
}

/** Gives the library the ops in the compiled file at `path`; false where it is not there or does not load. */
export function loadOwnOps(path: string): boolean {
  try {
    require(path);
    return true;
  } catch {
    return false; // the set-up says why it could not make one; all works without
  }
}

/** `file://` addresses for models, which importing tfjs-node would register. */
function registerFileHandlers(): void {
  const { nodeFileSystemRouter } = require(`${PACKAGE}/dist/io/file_system`) as { nodeFileSystemRouter: Parameters<typeof io.registerLoadRouter>[0] };
  io.registerLoadRouter(nodeFileSystemRouter);
  io.registerSaveRouter(nodeFileSystemRouter as unknown as Parameters<typeof io.registerSaveRouter>[0]);
}


/** tfjs-node 4.22 calls two functions that Node 23 removed from `util` and Node 22 warns about. */
function completeNodeUtil(): void {
  const target = util as unknown as Record<string, (value: unknown) => boolean>;
  target['isNullOrUndefined'] = (value) => value === null || value === undefined;
  target['isArray'] = Array.isArray;
}

/** Native handles that are alive, and tensors that tfjs knows: both must be the same after a step as before. */
export function handles(): { native: number; tensors: number } {
  return { native: nodeBackend()?.binding.getNumOfTensors() ?? 0, tensors: engine().state.numTensors };
}
