/** Parts that remember, and how what they remember is saved. */

/** A tensor's values outside of any backend, row-major. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** Values by name; dots separate the parts of a name. */
export type NamedTensors = Readonly<Record<string, TensorValue>>;

/** Puts back a state that has been checked. It cannot fail. */
export type Restore = () => void;

/** The life cycle of every part that remembers something. */
export interface Stateful {
  /** All that the part remembers, cursors and counters included, as copies. Asking changes nothing. */
  state(): NamedTensors;
  /**
   * Checks a whole state and changes nothing. The returned function restores that state exactly, so that several parts can all be
   * checked before the first of them changes.
   *
   * @throws StateError for the state of another part or size: a missing or unknown name, a wrong shape, a number out of range.
   */
  check(state: NamedTensors): Restore;
  /** Frees everything that the part holds, its inner parts included. A second call does nothing. */
  dispose(): void;
}
