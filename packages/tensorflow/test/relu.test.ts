import { tensor1d } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { expectClose, leaksNothing, numbers, run } from './support/kernels.js';

test('dy passes where y is above 0', () => {
  const [dx] = run('KindredReluGrad', { dy: tensor1d([1, 2, 3]), y: tensor1d([0, 5, 1e-30]) });
  expect(dx!.arraySync()).toEqual([0, 2, 3]);
});

test('keeps the shape of a batch of images, and equals loops over numbers', () => {
  const [dy, y] = [numbers([2, 3, 4, 5]), numbers([2, 3, 4, 5], 2)];
  const [dx] = run('KindredReluGrad', { dy, y });
  const gates = y.dataSync();
  expect(dx!.shape).toEqual([2, 3, 4, 5]);
  expectClose(dx!.dataSync(), [...(dy.dataSync() as Float32Array)].map((value, i) => (gates[i]! > 0 ? value : 0)), 0);
});

test('leaves no tensors and no native handles behind', () => {
  const [dy, y] = [numbers([2, 3]), numbers([2, 3], 2)];
  leaksNothing(() => void run('KindredReluGrad', { dy, y }));
});
