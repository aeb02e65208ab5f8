/** States inside states: names with a prefix, and numbers as values. */
import { StateError } from './errors.js';
import type { NamedTensors, TensorValue } from './contracts/stateful.js';

/**
 * A state with every name put under `prefix`.
 *
 * @example
 * Object.keys(prefixed('inner', { step: count(1) })); // => ['inner.step']
 */
export function prefixed(prefix: string, state: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [`${prefix}.${name}`, value]));
}

/**
 * The part of a state under `prefix`, its names without it.
 *
 * @example
 * Object.keys(under('inner', { 'inner.step': count(1), other: count(2) })); // => ['step']
 */
export function under(prefix: string, state: NamedTensors): NamedTensors {
  const start = `${prefix}.`;
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, value]) => (name.startsWith(start) ? [[name.slice(start.length), value]] : [])),
  );
}

/**
 * A whole number as a value of a state, below 2³¹.
 *
 * @example
 * count(3); // => { shape: [], values: [3] }
 */
export function count(value: number): TensorValue {
  return { shape: [], values: Int32Array.of(value) };
}

/**
 * The whole number that `count` stored.
 *
 * @throws StateError for anything else.
 *
 * @example
 * readCount('optimizer.restore.step', count(3)); // => 3
 */
export function readCount(where: string, value: TensorValue | undefined): number {
  if (value?.values.length !== 1) throw new StateError(where, 'is not in the state.', 'It is of another part or version.');
  return value.values[0]!;
}
