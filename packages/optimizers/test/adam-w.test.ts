import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { adamW, biasAndNorm } from '../src/index.js';
import { optimizerContract } from './support/contract.js';
import { expectGolden } from './support/golden.js';
import { expectNear, normals, onBothBackends, read, tensors, variables } from './support/values.js';

const options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.1, exclude: biasAndNorm };

optimizerContract('adamW', (parameters) => adamW({ parameters, ...options }));

onBothBackends(() => {
  test('the first step moves by lr·g/(|g| + ε), whatever the size of g', () => {
    const w = tf.variable(tf.tensor1d([1, 1, 1]));
    adamW({ parameters: { w }, ...options, epsilon: 1e-8 }).step({ w: tf.tensor1d([-2000, 2, 0.002]) }, 0.1);
    expectNear(read({ w }), { w: [1.1, 0.9, 0.9] }, 1e-5); // ε moves the last by 5e-7; float32 the rest
  });

  test('equals torch.optim.AdamW over five steps', () => {
    expectGolden('adamW', (parameters) => adamW({ parameters, ...options, exclude: () => false }));
  });

  test('equals the formula, written as loops over numbers', () => {
    const [beta1, beta2, epsilon, weightDecay] = [0.8, 0.95, 1e-4, 0.3];
    const initial = normals('initial');
    const steps = [1, 2, 3, 4, 5, 6].map((step) => normals(step));
    const rates = [0, 0.1, 0.05, 0.2, 0.1, 0.01];
    const parameters = variables(initial);
    const optimizer = adamW({ parameters, beta1, beta2, epsilon, weightDecay, exclude: (name) => name === 'fc.weight' });
    steps.forEach((step, t) => tf.tidy(() => optimizer.step(tensors(step), rates[t]!)));
    const expected = Object.fromEntries(
      Object.entries(initial).map(([name, values]) => [
        name,
        values.map((start, i) => {
          let [w, a, b] = [start, 0, 0];
          steps.forEach((step, t) => {
            const g = step[name]![i]!;
            a = beta1 * a + (1 - beta1) * g;
            b = beta2 * b + (1 - beta2) * g * g;
            const decay = name === 'fc.weight' ? 0 : weightDecay;
            w -= rates[t]! * (decay * w + a / (1 - beta1 ** (t + 1)) / (Math.sqrt(b / (1 - beta2 ** (t + 1))) + epsilon));
          });
          return w;
        }),
      ]),
    );
    expectNear(read(parameters), expected, 2e-6);
  });
});

test('the number of steps is part of the state, as bias correction needs it', () => {
  const parameters = variables(normals('initial'));
  const optimizer = adamW({ parameters, ...options });
  for (const step of [1, 2, 3]) tf.tidy(() => optimizer.step(tensors(normals(step)), 0.1));
  expect(optimizer.state()['step']).toEqual({ shape: [], values: Int32Array.of(3) });
  expect(Object.keys(optimizer.state())).toEqual([
    'first.conv.weight', 'first.fc.weight', 'first.bn.bias', 'second.conv.weight', 'second.fc.weight', 'second.bn.bias', 'step',
  ]);
});

test('says what is wrong with an option', () => {
  const w = tf.variable(tf.tensor1d([1]));
  const make = (more: object) => () => adamW({ parameters: { w }, ...options, ...more });
  expect(make({ beta1: 1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: adamW.beta1: received 1, expected a number in [0, 1). It is the share that is kept each step.]`);
  expect(make({ beta2: -0.1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: adamW.beta2: received -0.1, expected a number in [0, 1). It is the share that is kept each step.]`);
  expect(make({ epsilon: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: adamW.epsilon: received 0, expected a finite number above 0.]`);
  expect(make({ weightDecay: NaN })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: adamW.weightDecay: received NaN, expected a finite number, 0 or above.]`);
});
