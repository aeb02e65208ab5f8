/** Checks that all ranks start alike. */
import { agree, type Communicator, digest, flattenParameters, readTensor } from '@kindred/core';
import type { Method } from '@kindred/methods';
import type { Optimizer } from '@kindred/optimizers';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Compares what the ranks start with: ranks that differ would train nonsense, or wait for each other forever.
 *
 * @throws StateError on every rank, with the first that differs: a fact, the weights, or what optimiser and method remember.
 */
export function checkSameStart<Input extends Tensor>(
  communicator: Communicator,
  facts: Readonly<Record<string, string | number>>,
  method: Method<Input>,
  optimizer: Optimizer,
): void {
  if (communicator.size === 1) return;
  const weights = { ...flattenParameters(method.parameters()), ...flattenParameters(method.buffers()) };
  agree(communicator, 'pretrain', {
    ...facts,
    weights: digestOf(Object.entries(weights).map(([name, variable]) => [name, readTensor(variable)] as const)),
    'states of optimiser and method': digestOf([...Object.entries(optimizer.state()), ...Object.entries(method.state())]),
  });
}

const digestOf = (values: readonly (readonly [name: string, value: { shape: readonly number[]; values: Float32Array | Int32Array }])[]): string =>
  digest(values.flatMap(([name, { shape, values: { buffer, byteOffset, byteLength } }]) => [`${name} ${shape.join()}`, new Uint8Array(buffer, byteOffset, byteLength)]));
