import { fill, grad, mul, sum, type Tensor4D } from '@tensorflow/tfjs-core';
import { maxPool } from '@kindred/core';
import { describe, expect, test } from 'vitest';
import { maxPooling, outputLength, type Shape4 } from './support/loops.js';
import { expectClose, leaksNothing, numbers, onCpu, run } from './support/kernels.js';

const shape: Shape4 = [2, 7, 6, 3];

describe.each([
  { size: 3, stride: 2, padding: 1 },
  { size: 2, stride: 2, padding: 0 },
  { size: 3, stride: 1, padding: 1 },
])('size $size, stride $stride, padding $padding', (attributes) => {
  const window = { ...attributes, kernel: attributes.size };
  const x = numbers(shape);
  const dy = numbers([shape[0], outputLength(shape[1], window), outputLength(shape[2], window), shape[3]], 2);
  const compute = (): ArrayLike<number>[] => {
    const [y] = run('KindredMaxPool', { x }, attributes);
    const [dx] = run('KindredMaxPoolGrad', { x, y: y!, dy }, attributes);
    return [y!.dataSync(), dx!.dataSync()];
  };

  test('equals loops over numbers, forward and backward', () => {
    const want = maxPooling(x.dataSync(), shape, dy.dataSync(), window);
    const [y, dx] = compute();
    expectClose(y!, want.y, 0);
    expectClose(dx!, want.dx, 1e-6);
  });

  test('equals the composite of plain operations, through the operation of core', async () => {
    const viaCore = (): ArrayLike<number>[] => [
      maxPool(x as Tensor4D, attributes).dataSync(),
      grad((given) => sum(mul(maxPool(given as Tensor4D, attributes), dy)))(x).dataSync(),
    ];
    const want = await onCpu(viaCore);
    viaCore().forEach((values, i) => expectClose(values, want[i]!, 1e-6));
  });

  test('leaves no tensors and no native handles behind', () => {
    leaksNothing(() => void compute());
  });
});

test('padding never wins, also where all values are negative', () => {
  const [y] = run('KindredMaxPool', { x: fill([1, 4, 4, 1], -5) }, { size: 3, stride: 2, padding: 1 });
  expect([...y!.dataSync()]).toEqual([-5, -5, -5, -5]);
});
