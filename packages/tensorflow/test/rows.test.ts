import { tensor2d } from '@tensorflow/tfjs-core';
import { argMaxRows, topKRows } from '@kindred/core';
import { expect, test } from 'vitest';
import { expectClose, leaksNothing, numbers, onCpu, run } from './support/kernels.js';

const x = numbers([7, 50]);

/** Indices of each row, largest entry first. */
function ranks(): number[][] {
  const values = x.arraySync() as number[][];
  return values.map((row) => row.map((_, i) => i).sort((a, b) => row[b]! - row[a]!));
}

test('KindredTopK gives the largest entries in order, with int32 indices', () => {
  const [values, indices] = run('KindredTopK', { x }, { k: 5 });
  expect(indices!.dtype).toBe('int32');
  expect(indices!.arraySync()).toEqual(ranks().map((row) => row.slice(0, 5)));
  const rows = x.arraySync() as number[][];
  expect(values!.arraySync()).toEqual(ranks().map((row, i) => row.slice(0, 5).map((k) => rows[i]![k])));
});

test('KindredArgMaxRows gives the first of the largest, as int32', () => {
  const [indices] = run('KindredArgMaxRows', { x });
  expect(indices!.dtype).toBe('int32');
  expect(indices!.arraySync()).toEqual(ranks().map((row) => row[0]));
  expect(run('KindredArgMaxRows', { x: tensor2d([[1, 3, 3], [2, 2, 2]]) })[0]!.arraySync()).toEqual([1, 0]);
});

test('both equal the composites of core', async () => {
  const compute = (): ArrayLike<number>[] => {
    const { values, indices } = topKRows(x as never, 3);
    return [values, indices, argMaxRows(x as never)].map((tensor) => tensor.dataSync());
  };
  const want = await onCpu(compute);
  compute().forEach((values, i) => expectClose(values, want[i]!, 0));
});

test('leaves no tensors and no native handles behind', () => {
  leaksNothing(() => void [...run('KindredTopK', { x }, { k: 5 }), ...run('KindredArgMaxRows', { x })]);
});
