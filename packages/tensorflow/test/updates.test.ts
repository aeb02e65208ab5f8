import { clone, mul, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { handles } from '../src/node-backend.js';
import { expectClose, leaksNothing, numbers, run } from './support/kernels.js';

const shapes = [[3, 3, 2, 4], [4], [7, 5]];
const decays = [0.1, 0, 0.02];

/** Fresh tensors with memory of their own, named `name.i`. */
const list = (name: string, seed: number, positive = false): Record<string, Tensor> =>
  Object.fromEntries(
    shapes.map((shape, i) => {
      const values = numbers(shape, seed + i);
      return [`${name}.${i}`, mul(values, positive ? values : 1)];
    }),
  );

const read = (tensors: Record<string, Tensor>, name: string, i: number): number[] => [...(tensors[`${name}.${i}`]!.dataSync() as Float32Array)];

test.each([
  { momentum: 0.9, nesterov: false },
  { momentum: 0.9, nesterov: true },
  { momentum: 0, nesterov: false },
])('KindredSgdUpdate equals the formula, element by element: $momentum, $nesterov', ({ momentum, nesterov }) => {
  const learningRate = 0.3;
  const inputs = { ...list('parameter', 1), ...list('velocity', 11), ...list('gradient', 21) };
  const want = shapes.flatMap((_, i) => {
    const [w, v, g] = [read(inputs, 'parameter', i), read(inputs, 'velocity', i), read(inputs, 'gradient', i)];
    const slope = g.map((value, j) => value + decays[i]! * w[j]!);
    const speed = v.map((value, j) => momentum * value + slope[j]!);
    return [w.map((value, j) => value - learningRate * (nesterov ? slope[j]! + momentum * speed[j]! : speed[j]!)), speed];
  });
  const outputs = run('KindredSgdUpdate', inputs, { learningRate, momentum, nesterov, weightDecay: decays });
  expect(outputs).toHaveLength(6);
  // within 3e-7: one rounding of values up to 2 for each of three steps
  outputs.forEach((tensor, i) => expectClose(tensor.dataSync(), want[i]!, 3e-7));
});

test('KindredAdamUpdate equals the formula, over two steps', () => {
  const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: decays };
  let inputs = { ...list('parameter', 1), ...list('first', 11), ...list('second', 21, true), ...list('gradient', 31) };
  for (const step of [1, 2]) {
    const { learningRate, beta1, beta2, epsilon } = settings;
    const want = shapes.flatMap((_, i) => {
      const [w, m, v, g] = ['parameter', 'first', 'second', 'gradient'].map((name) => read(inputs, name, i)) as [number[], number[], number[], number[]];
      const first = m.map((value, j) => beta1 * value + (1 - beta1) * g[j]!);
      const second = v.map((value, j) => beta2 * value + (1 - beta2) * g[j]! ** 2);
      const moved = w.map((value, j) => {
        const direction = first[j]! / (1 - beta1 ** step) / (Math.sqrt(second[j]! / (1 - beta2 ** step)) + epsilon);
        return value * (1 - learningRate * decays[i]!) - learningRate * direction;
      });
      return [moved, first, second];
    });
    const outputs = run('KindredAdamUpdate', inputs, { ...settings, step });
    outputs.forEach((tensor, i) => expectClose(tensor.dataSync(), want[i]!, 2e-6));
    inputs = {
      ...inputs,
      ...Object.fromEntries(shapes.flatMap((_, i) => ['parameter', 'first', 'second'].map((name, k) => [`${name}.${i}`, outputs[3 * i + k]!]))),
    };
  }
});

test('KindredSquaredNorms are sums of squares', () => {
  const inputs = list('x', 1);
  const want = shapes.map((_, i) => read(inputs, 'x', i).reduce((sum, value) => sum + value ** 2, 0));
  const [sums] = run('KindredSquaredNorms', inputs, { count: shapes.length });
  expect(sums!.shape).toEqual([3]);
  expectClose(sums!.dataSync(), want, 1e-5);
});

const sgd = { learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: [0] };

test('what nobody else holds is overwritten; what is held keeps its values', () => {
  const fresh = (): Record<string, Tensor> => ({
    'parameter.0': mul(tensor1d([1, 2]), 1),
    'velocity.0': mul(tensor1d([0, 0]), 1),
    'gradient.0': tensor1d([1, 1]),
  });
  const alone = fresh();
  const [parameter, velocity] = run('KindredSgdUpdate', alone, sgd);
  expect(parameter!.dataId).toBe(alone['parameter.0']!.dataId);
  expect(velocity!.dataId).toBe(alone['velocity.0']!.dataId);
  const shared = fresh();
  const [held, given] = [clone(shared['parameter.0']!), shared['gradient.0']!];
  const [updated] = run('KindredSgdUpdate', shared, sgd);
  expect(held.arraySync()).toEqual([1, 2]);
  expect(given.arraySync()).toEqual([1, 1]);
  expectClose(updated!.dataSync(), [0.9, 1.9], 1e-6);
});

test('an update that fails leaves the parameter as it was, and no handles', () => {
  const inputs = { 'parameter.0': mul(tensor1d([1, 2]), 1), 'velocity.0': mul(tensor1d([0, 0]), 1), 'gradient.0': mul(tensor1d([1, 1, 1]), 1) };
  const before = handles();
  expect(() => run('KindredSgdUpdate', inputs, sgd)).toThrow();
  expect(handles()).toEqual(before);
  expect(inputs['parameter.0'].arraySync()).toEqual([1, 2]);
});

test('leaves no tensors and no native handles behind', () => {
  const inputs = { ...list('parameter', 1), ...list('velocity', 11), ...list('gradient', 21), ...list('first', 1), ...list('second', 2, true), ...list('x', 3) };
  leaksNothing(() => {
    for (const nesterov of [false, true]) run('KindredSgdUpdate', inputs, { ...sgd, nesterov, weightDecay: decays });
    run('KindredAdamUpdate', inputs, { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: 1, weightDecay: decays });
    run('KindredSquaredNorms', inputs, { count: 3 });
  });
});
