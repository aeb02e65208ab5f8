import { clone, grad, mul, reshape, slice, sum, type Tensor, tensor2d, type Tensor2D, variable, zeros } from '@tensorflow/tfjs-core';
import { writeRows } from '@kindred/core';
import { describe, expect, test } from 'vitest';
import { handles, nodeBackend } from '../src/node-backend.js';
import { leaksNothing, numbers, onCpu, run } from './support/kernels.js';

const write = (target: Tensor, values: Tensor, start: number): Tensor => run('KindredWriteRows', { target, values }, { start })[0]!;

test('writes rows from `start` on, and goes on at row 0', () => {
  expect(write(zeros([4, 1]), tensor2d([[7], [8]]), 1).arraySync()).toEqual([[0], [7], [8], [0]]);
  expect(write(zeros([4, 1]), tensor2d([[7], [8], [9]]), 2).arraySync()).toEqual([[9], [0], [7], [8]]);
  expect(write(zeros([2, 1]), tensor2d([[7], [8]]), 1).arraySync()).toEqual([[8], [7]]);
});

test('equals an array that is written in a loop, over many steps', () => {
  const [rows, columns, count] = [13, 3, 5];
  const want = Array.from({ length: rows }, () => [0, 0, 0]);
  let queue: Tensor = zeros([rows, columns]);
  for (let step = 0; step < 9; step += 1) {
    const values = numbers([count, columns], step + 1);
    const start = (step * count) % rows;
    (values.arraySync() as number[][]).forEach((row, i) => (want[(start + i) % rows] = row));
    const next = write(queue, values, start);
    queue.dispose();
    queue = next;
    expect(queue.arraySync()).toEqual(want);
  }
});

test('equals the composite of core', async () => {
  const compute = (): unknown => writeRows(numbers([6, 2]) as Tensor2D, numbers([4, 2], 2) as Tensor2D, 4).arraySync();
  expect(compute()).toEqual(await onCpu(compute));
});

test('a target that nobody else holds is overwritten, not copied', () => {
  const target = mul(zeros([4, 2]), 1);
  const result = write(target, numbers([1, 2]), 0);
  expect(result.dataId).toBe(target.dataId);
});

test('writing in place takes less than half of the time that a copy takes', () => {
  let queue = mul(zeros([65_536, 256]), 1);
  const values = numbers([256, 256]);
  const times: { place: number[]; copy: number[] } = { place: [], copy: [] };
  const step = (into: number[]): void => {
    const start = performance.now();
    const next = write(queue, values, 512);
    into.push(performance.now() - start);
    queue.dispose();
    queue = next;
  };
  for (let round = 0; round < 9; round += 1) {
    step(times.place);
    const held = clone(queue); // makes the next write copy
    step(times.copy);
    held.dispose();
  }
  queue.dispose();
  const median = (list: number[]): number => list.sort((a, b) => a - b)[4]!;
  // 0.7 and 7 ms on two cores
  expect(median(times.place)).toBeLessThan(median(times.copy) / 2);
});

describe('others who hold the memory keep their values:', () => {
  const fresh = (): Tensor => mul(zeros([64, 16]), 1);
  const holders: Record<string, (target: Tensor) => Tensor> = {
    'a clone': (target) => clone(target),
    'a reshape': (target) => reshape(target, [1024]),
    'a slice of leading rows': (target) => slice(target, [0, 0], [32, 16]),
    'a variable made from it': (target) => variable(target),
    'a native Identity': (target) => nodeBackend()!.executeSingleOutput('Identity', [{ name: 'T', type: nodeBackend()!.binding.TF_ATTR_TYPE, value: 1 }], [target]),
  };
  test.each(Object.entries(holders))('%s', (_, hold) => {
    const target = fresh();
    const holder = hold(target);
    const result = write(target, numbers([2, 16]), 0);
    expect([...holder.dataSync()].every((value) => value === 0)).toBe(true);
    expect([...slice(result, [0, 0], [2, 16]).dataSync()]).toEqual([...numbers([2, 16]).dataSync()]);
  });

  test('a JavaScript array that was uploaded', () => {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const array = new Float32Array(64 * 16 + attempt);
      write(tensor2d(array.subarray(0, 1024), [64, 16]), numbers([2, 16]), 0);
      expect(array.every((value) => value === 0)).toBe(true);
    }
  });

  test('what a gradient saved of it', () => {
    const x = numbers([2, 16]);
    const target = fresh();
    const gradient = grad((given) => {
      const product = sum(mul(given, slice(target, [0, 0], [2, 16])));
      write(target, x, 0);
      return product;
    })(x);
    expect([...gradient.dataSync()].every((value) => value === 0)).toBe(true);
  });
});

test('a write that fails leaves the target as it was, and no handles', () => {
  const target = mul(zeros([4, 2]), 1);
  target.dataSync();
  const values = numbers([1, 3]);
  values.add(0).dispose(); // uploads it
  const before = handles();
  expect(() => write(target, values, 0)).toThrow();
  expect(handles()).toEqual(before);
  expect([...target.dataSync()]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test('leaves no tensors and no native handles behind', () => {
  const [target, values] = [mul(zeros([8, 2]), 1), numbers([3, 2])];
  leaksNothing(() => void write(target, values, 6));
  leaksNothing(() => {
    clone(target); // held by the scope, so this one copies
    write(target, values, 6);
  });
});
