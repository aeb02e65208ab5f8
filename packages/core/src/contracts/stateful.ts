/** Parts that remember, and how what they remember is saved. */

/** A tensor's values outside of any backend, row-major. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** Values by name; dots separate the parts of a name. */
export type NamedTensors = Readonly<Record<string, TensorValue>>;

/** A part whose next step depends on earlier ones. */
export interface Stateful {
  /** All that the part remembers, cursors and counters included, as copies. */
  state(): NamedTensors;
  /**
   * Puts a state back, exactly.
   * @throws StateError for a state of another size or part; then nothing has changed.
   */
  restore(state: NamedTensors): void;
}
