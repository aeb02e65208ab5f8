/** Copies data from rank 0 to all ranks. */
import type { Communicator } from '@kindred/core';
import { concat, reshape, split, type Tensor, tensor1d, tidy, type Variable } from '@tensorflow/tfjs-core';

/** Bytes per message. */
const piece = 2 ** 28;

/**
 * Gives every rank the bytes that rank 0 passes, such as a checkpoint or settings. What the other ranks pass is ignored.
 *
 * @example
 * broadcastBytes(oneRank(), Uint8Array.of(1, 2, 3)); // => [1, 2, 3]
 */
export function broadcastBytes(communicator: Communicator, bytes: Uint8Array): Uint8Array {
  if (communicator.size === 1) return bytes;
  const { length } = bytes;
  const [whole, rest] = communicator.broadcast(Int32Array.of(Math.floor(length / piece), length % piece)) as unknown as [number, number];
  const result = new Uint8Array(whole * piece + rest);
  if (communicator.rank === 0) result.set(bytes);
  for (let start = 0; start < result.length; start += piece) {
    const part = result.subarray(start, Math.min(start + piece, result.length));
    const words = new Int32Array(Math.ceil(part.length / 4));
    new Uint8Array(words.buffer).set(part);
    part.set(new Uint8Array(communicator.broadcast(words).buffer, 0, part.length));
  }
  return result;
}

/**
 * Assigns rank 0's values to the variables of every rank. Variables are float32 or int32.
 *
 * @example
 * broadcastVariables(oneRank(), [tf.variable(tf.ones([2]))]); // as they were
 */
export function broadcastVariables(communicator: Communicator, variables: readonly Variable[]): void {
  for (const dtype of ['float32', 'int32'] as const) {
    const some = variables.filter((variable) => variable.dtype === dtype);
    if (some.length === 0) continue;
    tidy(() => {
      const flat = concat(some.map((variable) => reshape(variable as Tensor, [-1]))).dataSync() as Float32Array | Int32Array;
      const parts = split(tensor1d(communicator.broadcast(flat), dtype), some.map(({ size }) => size));
      some.forEach((variable, i) => variable.assign(reshape(parts[i]!, variable.shape)));
    });
  }
}
