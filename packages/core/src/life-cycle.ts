/** Stateful parts joined into one: one state, one check, one `dispose`. */
import { StateError } from './errors.js';
import { count, prefixed, readCount, under } from './named-tensors.js';
import type { NamedTensors, Restore, Stateful } from './contracts/stateful.js';

/**
 * Puts a state back into a part.
 *
 * @throws StateError for a state of another part or size; then nothing has changed.
 *
 * @example
 * restoreState(statelessPart('otherView'), {}); // returns: there is nothing to put back
 */
export function restoreState(part: Stateful, state: NamedTensors): void {
  part.check(state)();
}

/**
 * Checks that a state has exactly these names.
 *
 * @param remedy The end of the message: what else the state may be.
 * @throws StateError that lists the first names that are missing or unknown.
 *
 * @example
 * checkNames('prototypes.check', { steps: count(1) }, ['steps']); // returns: the names fit
 */
export function checkNames(where: string, state: NamedTensors, names: readonly string[], remedy = 'It is the state of another part or version.'): void {
  const known = new Set(names);
  const missing = names.filter((name) => !Object.hasOwn(state, name));
  const extra = Object.keys(state).filter((name) => !known.has(name));
  if (missing.length === 0 && extra.length === 0) return;
  const some = (list: string[]): string => `${list.slice(0, 3).join(', ')}${list.length > 3 ? `, ... (${list.length})` : ''}`;
  const parts = [missing.length > 0 ? `lacks ${some(missing)}` : '', extra.length > 0 ? `has no place for ${some(extra)}` : ''];
  throw new StateError(where, `the state ${parts.filter(Boolean).join(' and ')}.`, remedy);
}

/**
 * A part that remembers nothing: its state is empty, and it accepts no other.
 *
 * @param where Named in errors.
 *
 * @example
 * statelessPart('otherView').state(); // => {}
 */
export function statelessPart(where: string): Stateful {
  return {
    state: () => ({}),
    check(state) {
      checkNames(`${where}.check`, state, []);
      return () => undefined;
    },
    dispose: () => undefined,
  };
}

/**
 * Several parts as one. The state of each lies under its name, that of `own` under no name. A state is checked by every part before any part
 * changes, and a name that belongs to none of them is refused.
 *
 * @param where Named in errors.
 *
 * @example
 * const counter = { state: () => ({ steps: count(3) }), check: () => () => undefined, dispose: () => undefined };
 * Object.keys(joinParts('example', { inner: counter }).state()); // => ['inner.steps']
 */
export function joinParts(where: string, parts: Readonly<Record<string, Stateful>>, own: Stateful = statelessPart(where)): Stateful {
  const names = Object.keys(parts);
  const ownNames = (state: NamedTensors): NamedTensors =>
    Object.fromEntries(Object.entries(state).filter(([name]) => !names.some((part) => name.startsWith(`${part}.`))));
  return {
    state: () => Object.assign({}, own.state(), ...names.map((name) => prefixed(name, parts[name]!.state()))) as NamedTensors,
    check(state) {
      const restores: Restore[] = [own.check(ownNames(state)), ...names.map((name) => parts[name]!.check(under(name, state)))];
      return () => restores.forEach((restore) => restore());
    },
    dispose() {
      names.forEach((name) => parts[name]!.dispose());
      own.dispose();
    },
  };
}

/** Whole numbers that a part remembers, by name. */
export interface Counters<Name extends string> extends Stateful {
  /** The numbers as they are now; the part writes them. */
  readonly values: Record<Name, number>;
}

/**
 * Counters of a part, all 0 at the start.
 *
 * @param where Named in errors.
 *
 * @example
 * const { values, state } = counters('prototypes', ['steps']);
 * values.steps++;
 * state(); // => { steps: { shape: [], values: [1] } }
 */
export function counters<Name extends string>(where: string, names: readonly Name[]): Counters<Name> {
  const values = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  return {
    values,
    state: () => Object.fromEntries(names.map((name) => [name, count(values[name])])),
    check(state) {
      checkNames(`${where}.check`, state, names);
      const saved = names.map((name) => readCount(`${where}.check.${name}`, state[name]));
      const negative = names.find((_, i) => saved[i]! < 0);
      if (negative !== undefined) throw new StateError(`${where}.check.${negative}`, 'is below 0.', 'The state is damaged.');
      return () => names.forEach((name, i) => (values[name] = saved[i]!));
    },
    dispose: () => undefined,
  };
}
