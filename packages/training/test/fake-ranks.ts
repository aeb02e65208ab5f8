/** Several ranks in one process: each program runs again from its start until every call it makes has an answer. */
import type { Communicator, Values } from '@kindred/core';

class Waiting extends Error {}

type Call = { readonly name: string; readonly given: (Values | undefined)[] };

/**
 * Runs a program once for each rank and returns what each returned. A program must make everything that it changes, and do the same
 * every time.
 */
export function onRanks<Result>(size: number, program: (communicator: Communicator) => Result): Result[] {
  const calls: Call[] = [];
  const results: (Result | typeof Waiting)[] = Array.from({ length: size }, () => Waiting);
  for (let round = 0; results.includes(Waiting); round++) {
    if (round > 1000) throw new Error('the ranks wait for each other');
    for (let rank = 0; rank < size; rank++) {
      if (results[rank] !== Waiting) continue;
      try {
        results[rank] = program(communicatorOf(calls, rank, size));
      } catch (error) {
        if (!(error instanceof Waiting)) throw error;
      }
    }
  }
  return results as Result[];
}

function communicatorOf(calls: Call[], rank: number, size: number): Communicator {
  let next = 0;
  const exchange = <T extends Values>(name: string, values: T): T[] => {
    const call = (calls[next++] ??= { name, given: Array.from({ length: size }) });
    const lengths = call.given.flatMap((given) => (given === undefined ? [] : [given.length]));
    if (call.name !== name || lengths.some((length) => length !== values.length)) throw new Error(`rank ${rank} calls ${name} of ${values.length} where another calls ${call.name} of ${lengths.join()}`);
    call.given[rank] ??= values.slice() as Values;
    if (call.given.includes(undefined)) throw new Waiting();
    return call.given as T[];
  };
  const reduce = { sum: (a: number, b: number) => a + b, max: Math.max, min: Math.min };
  const reduced = <T extends Values>(all: readonly T[], operation: 'sum' | 'max' | 'min'): T =>
    all[0]!.map((_, i) => all.map((each) => each[i]!).reduce((a, b) => reduce[operation](a, b))) as T;
  return {
    rank,
    size,
    allReduce(values, operation = 'sum', overwrite = false) {
      const all = exchange(`allReduce ${operation}`, values);
      if (overwrite) values.fill(-12345); // whoever reads them after this call shows it
      return reduced(all, operation);
    },
    allGather(values) {
      const all = exchange('allGather', values);
      const joined = new (values.constructor as Float32ArrayConstructor)(values.length * size);
      all.forEach((each, i) => joined.set(each, i * values.length));
      return joined as typeof values;
    },
    reduceScatter(values) {
      const part = values.length / size;
      return reduced(exchange('reduceScatter', values), 'sum').slice(rank * part, (rank + 1) * part) as typeof values;
    },
    broadcast: (values, root = 0) => exchange('broadcast', values)[root]!.slice() as typeof values,
    barrier: () => void exchange('barrier', new Int32Array(1)),
    abort(reason): never {
      throw new Error(reason);
    },
  };
}
