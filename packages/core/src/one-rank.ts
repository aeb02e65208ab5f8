/** A job of a single process. */
import { StateError } from './errors.js';
import type { Communicator, Values } from './contracts/communicator.js';

/**
 * The communicator of a single process: every call returns a copy of what it was given (`allReduce` the values themselves where it may overwrite them).
 *
 * @example
 * oneRank().allGather(Int32Array.of(3, 4)); // => [3, 4]
 */
export function oneRank(): Communicator {
  const copy = <T extends Values>(values: T): T => values.slice() as T;
  return {
    rank: 0,
    size: 1,
    allReduce: (values, _operation, overwrite = false) => (overwrite ? values : copy(values)),
    allGather: copy,
    reduceScatter: copy,
    broadcast: copy,
    barrier: () => undefined,
    abort(reason): never {
      throw new StateError('communicator.abort', reason);
    },
  };
}
