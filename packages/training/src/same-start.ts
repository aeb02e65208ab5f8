/** Checks that all ranks start alike. */
import { type Communicator, digest, flattenParameters, readTensor, StateError } from '@kindred/core';
import type { Method } from '@kindred/methods';
import type { Optimizer } from '@kindred/optimizers';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Compares what the ranks start with: ranks that differ would train nonsense, or wait for each other forever.
 *
 * @throws StateError on every rank, with what differs: the facts by name, weights, or what optimiser and method remember.
 */
export function checkSameStart<Input extends Tensor>(
  communicator: Communicator,
  facts: Readonly<Record<string, string | number>>,
  method: Method<Input>,
  optimizer: Optimizer,
): void {
  if (communicator.size === 1) return;
  const weights = { ...flattenParameters(method.parameters()), ...flattenParameters(method.buffers()) };
  const values = Object.entries(weights).map(([name, variable]) => [name, readTensor(variable)] as const);
  const states = [...Object.entries(optimizer.state()), ...Object.entries(method.state())];
  const begun: Record<string, string> = {
    ...Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, digest([String(fact)])])),
    weights: digestOf(values),
    'states of optimiser and method': digestOf(states),
  };
  const words = Int32Array.from(Object.values(begun).flatMap((hexadecimal) => [Number.parseInt(hexadecimal.slice(0, 8), 16), Number.parseInt(hexadecimal.slice(8), 16)]));
  const [least, most] = [communicator.allReduce(words, 'min'), communicator.allReduce(words, 'max')];
  const other = Object.keys(begun).filter((_, i) => [2 * i, 2 * i + 1].some((at) => least[at] !== most[at]));
  if (other.length === 0) return;
  throw new StateError('pretrain', `the ranks differ in ${other.join(', ')}.`, 'Give all of them the same options, and weights of the same seed or checkpoint.');
}

const digestOf = (values: readonly (readonly [name: string, value: { shape: readonly number[]; values: Float32Array | Int32Array }])[]): string =>
  digest(values.flatMap(([name, { shape, values: { buffer, byteOffset, byteLength } }]) => [`${name} ${shape.join()}`, new Uint8Array(buffer, byteOffset, byteLength)]));
