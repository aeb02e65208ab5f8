/** What Kindred throws: one class for each kind of error, with the details as fields. */

const mark = Symbol.for('kindred.error');

/** The facts of an error, apart from its text. */
export interface ErrorFacts {
  /** The function or setting that refused, `infoNCE.temperature`. */
  readonly where: string;
  /** What was expected. */
  readonly expected?: string | undefined;
  /** What was received. */
  readonly received?: unknown;
  /** What to do about it: one sentence. */
  readonly remedy?: string | undefined;
  /** The underlying error, if there was one. */
  readonly cause?: unknown;
}

/**
 * Every error that Kindred throws on purpose. A program may hold two copies of this package, so recognise one by
 * `KindredError.is(error)`, never by `instanceof`.
 *
 * @example
 * KindredError.is(new ArgumentError('f.size', 'a whole number above 0', -1)); // => true
 */
export class KindredError extends Error implements ErrorFacts {
  readonly [mark] = true;
  readonly where: string;
  readonly expected: string | undefined;
  readonly received: unknown;
  readonly remedy: string | undefined;

  constructor(kind: string, what: string, facts: ErrorFacts) {
    super(`${facts.where}: ${what}${facts.remedy === undefined ? '' : ` ${facts.remedy}`}`, { cause: facts.cause });
    this.name = kind;
    this.where = facts.where;
    this.expected = facts.expected;
    this.received = facts.received;
    this.remedy = facts.remedy;
  }

  /** Whether `error` is one of Kindred's, also from another copy of this package. */
  static is(error: unknown): error is KindredError {
    return typeof error === 'object' && error !== null && mark in error;
  }
}

/**
 * An option or argument outside of its range.
 *
 * @example
 * new ArgumentError('infoNCE.temperature', 'a number above 0', -1).message; // => 'infoNCE.temperature: received -1, expected a number above 0.'
 */
export class ArgumentError extends KindredError {
  constructor(where: string, expected: string, received: unknown, remedy?: string) {
    super('ArgumentError', `received ${shown(received)}, expected ${expected}.`, { where, expected, received, remedy });
  }
}

/**
 * Tensors whose shapes do not fit together.
 *
 * @example
 * new ShapeError('infoNCE', 'anchors is [2], expected [N, D].').message; // => 'infoNCE: anchors is [2], expected [N, D].'
 */
export class ShapeError extends KindredError {
  constructor(where: string, what: string, facts: Omit<ErrorFacts, 'where'> = {}) {
    super('ShapeError', what, { where, ...facts });
  }
}

/**
 * A saved state that belongs to another part, or a part used before it is ready.
 *
 * @example
 * new StateError('supportSet.nearest', 'the set is empty.', 'Enqueue first.').message; // => 'supportSet.nearest: the set is empty. Enqueue first.'
 */
export class StateError extends KindredError {
  constructor(where: string, what: string, remedy?: string) {
    super('StateError', what, { where, remedy });
  }
}

/**
 * A backend that is missing, or lacks what is needed.
 *
 * @example
 * new BackendError('pretrain', 'wasm has no kernel Conv2DBackpropFilter.', 'Use webgl.').message; // => 'pretrain: wasm has no kernel Conv2DBackpropFilter. Use webgl.'
 */
export class BackendError extends KindredError {
  constructor(where: string, what: string, remedy?: string, cause?: unknown) {
    super('BackendError', what, { where, remedy, cause });
  }
}

/**
 * A file or folder that is missing, unreadable or not what it should be.
 *
 * @example
 * new DataError('cat.jpeg', 'is cut short.', 'Copy it again.').message; // => 'cat.jpeg: is cut short. Copy it again.'
 */
export class DataError extends KindredError {
  constructor(where: string, what: string, remedy?: string, cause?: unknown) {
    super('DataError', what, { where, remedy, cause });
  }
}

/**
 * Settings that are unknown, out of range or contradict one another. `problems` holds one line each.
 *
 * @example
 * new SettingsError('pretrain.json', ['batchSize is 0.']).problems; // => ['batchSize is 0.']
 */
export class SettingsError extends KindredError {
  readonly problems: readonly string[];

  constructor(where: string, problems: readonly string[]) {
    const count = problems.length === 1 ? 'has 1 problem' : `has ${problems.length} problems`;
    super('SettingsError', `${count}\n${problems.map((problem) => `  ${problem}`).join('\n')}`, { where });
    this.problems = problems;
  }
}

/**
 * A training run whose loss or weights stopped being numbers.
 *
 * @example
 * new DivergenceError('pretrain', 'the loss of step 7 is NaN.', 'Lower the learning rate.').message; // => 'pretrain: the loss of step 7 is NaN. Lower the learning rate.'
 */
export class DivergenceError extends KindredError {
  constructor(where: string, what: string, remedy?: string, cause?: unknown) {
    super('DivergenceError', what, { where, remedy, cause });
  }
}

/** A value as an error message shows it: short, on one line. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'number' || value === undefined || value === null) return String(value);
  if (typeof value === 'function') return 'a function';
  try {
    const text = JSON.stringify(value);
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
  } catch {
    return String(value);
  }
}
