import { expect, test } from 'vitest';
import { getBackend, grad, square, sum, tensor1d } from '@tensorflow/tfjs-core';
import { useTensorFlow } from '@kindred/tensorflow';

test('the engine computes, with gradients', async () => {
  const engine = await useTensorFlow({ quiet: true });
  expect(getBackend()).toBe(engine.backend);
  const gradient = grad((x) => sum(square(x)))(tensor1d([1, -2]));
  expect([...(await gradient.data())]).toEqual([2, -4]);
});
