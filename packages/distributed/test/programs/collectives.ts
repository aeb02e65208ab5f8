/** Compares every call with loops over the values that each rank is known to hold. */
import type { Mpi } from '@kindred/distributed/node';

/** The values a rank holds. All ranks know them, so each can compute the expected result. */
const held = (other: number, length: number): number[] => Array.from({ length }, (_, i) => ((other + 2) * 7 + i * 3) % 11);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function expectEqual(what: string, actual: ArrayLike<number>, expected: readonly number[]): void {
  const wrong = actual.length === expected.length ? expected.findIndex((value, i) => actual[i] !== value) : 0;
  if (wrong >= 0 && expected.length + actual.length > 0) {
    throw new Error(`${what}: element ${wrong} is ${actual[wrong]} of ${actual.length}, expected ${expected[wrong]} of ${expected.length}`);
  }
}

/** @throws Error for the first result that is wrong. */
export function run(mpi: Mpi): unknown {
  const { rank, size } = mpi;
  const ranks = Array.from({ length: size }, (_, other) => other);
  for (const array of [Float32Array, Int32Array]) {
    for (const length of [1, 3, 1000, 70_000]) { // on V8's heap, outside it, and too large for eager messages
      const what = `${array.name}(${length})`;
      const mine = array.from(held(rank, length));
      const all = ranks.map((other) => held(other, length));
      const columns = all[0]!.map((_, i) => all.map((row) => row[i]!));
      for (const [operation, reduce] of [['sum', sum], ['max', (each: number[]) => Math.max(...each)], ['min', (each: number[]) => Math.min(...each)]] as const) {
        expectEqual(`allReduce ${operation} ${what}`, mpi.allReduce(mine, operation), columns.map(reduce));
        const used = mine.slice();
        const result = mpi.allReduce(used, operation, true);
        expectEqual(`allReduce ${operation} ${what}, in place`, result, columns.map(reduce));
        if (result !== used) throw new Error(`allReduce ${operation} ${what} made an array where it may overwrite one`);
      }
      expectEqual(`allGather ${what}`, mpi.allGather(mine), all.flat());
      for (const root of ranks) expectEqual(`broadcast from ${root} ${what}`, mpi.broadcast(mine, root), all[root]!);
      const long = array.from(held(rank, length * size));
      const longs = ranks.map((other) => held(other, length * size));
      const part = Array.from({ length }, (_, i) => sum(longs.map((row) => row[rank * length + i]!)));
      expectEqual(`reduceScatter ${what}`, mpi.reduceScatter(long), part);
      expectEqual(`${what} that was given`, mine, all[rank]!);
      expectEqual(`view of ${what}`, mpi.allReduce(array.of(9, ...mine, 9).subarray(1, length + 1)), columns.map(sum));
      mpi.barrier();
    }
  }
  expectEqual('no values', mpi.allReduce(new Float32Array(0)), []);
  const fraction = mpi.allReduce(Float32Array.of(0.1 * (rank + 1)));
  if (Math.abs(fraction[0]! - 0.05 * size * (size + 1)) > 1e-6 * size * size) throw new Error(`fractions: ${fraction[0]}`);
  return { family: mpi.family, library: mpi.library, size };
}
