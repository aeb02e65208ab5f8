import { restoreState } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { biasAndNorm, sgd } from '../src/index.js';
import { optimizerContract } from './support/contract.js';
import { expectGolden } from './support/golden.js';
import { expectNear, type Numbers, normals, onBothBackends, read, tensors, variables } from './support/values.js';

/** The formula of the docstring, one number at a time in float64. */
function byLoops(initial: Numbers, steps: readonly Numbers[], rates: readonly number[], options: { momentum: number; weightDecay: number; nesterov: boolean; exclude: readonly string[] }): Numbers {
  const { momentum, weightDecay, nesterov, exclude } = options;
  return Object.fromEntries(
    Object.entries(initial).map(([name, values]) => [
      name,
      values.map((start, i) => {
        let [w, v] = [start, 0];
        steps.forEach((step, t) => {
          const g = step[name]![i]! + (exclude.includes(name) ? 0 : weightDecay) * w;
          v = momentum * v + g;
          w -= rates[t]! * (nesterov ? g + momentum * v : v);
        });
        return w;
      }),
    ]),
  );
}

optimizerContract('sgd', (parameters) => sgd({ parameters, momentum: 0.9, weightDecay: 0.01 }));

onBothBackends(() => {
  test('two steps by hand: v = 2, then 0.5·2 + 1 = 2; w = 1 − 0.1·2 − 0.2·2', () => {
    const w = tf.variable(tf.tensor1d([1]));
    const optimizer = sgd({ parameters: { w }, momentum: 0.5, weightDecay: 0 });
    optimizer.step({ w: tf.tensor1d([2]) }, 0.1);
    optimizer.step({ w: tf.tensor1d([1]) }, 0.2);
    expect(w.dataSync()[0]).toBeCloseTo(0.4, 6);
  });

  test('equals torch.optim.SGD over five steps, plain, with momentum and decay, with Nesterov', () => {
    expectGolden('sgd', (parameters) => sgd({ parameters, momentum: 0, weightDecay: 0 }));
    expectGolden('sgdMomentum', (parameters) => sgd({ parameters, momentum: 0.9, weightDecay: 0.05 }));
    expectGolden('sgdNesterov', (parameters) => sgd({ parameters, momentum: 0.8, weightDecay: 0.05, nesterov: true }));
  });

  test('equals the formula, written as loops over numbers', () => {
    const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(share, fc.double({ min: 0, max: 0.3, noNaN: true }), fc.boolean(), fc.integer({ min: 0, max: 1000 }), (momentum, weightDecay, nesterov, seed) => {
        const initial = normals(`initial ${seed}`);
        const steps = [1, 2, 3].map((step) => normals(`${seed} ${step}`));
        const rates = [0.3, 0.1, 0.2];
        const parameters = variables(initial);
        const optimizer = sgd({ parameters, momentum, weightDecay, nesterov, exclude: biasAndNorm });
        steps.forEach((step, t) => tf.tidy(() => optimizer.step(tensors(step), rates[t]!)));
        // float32: the worst of 1,000 runs was 3e-7
        expectNear(read(parameters), byLoops(initial, steps, rates, { momentum, weightDecay, nesterov, exclude: ['bn.bias'] }), 1e-6);
        optimizer.dispose();
      }),
      { numRuns: 25 },
    );
  });
});

test('excluded parameters are not decayed, and are picked by name and variable', () => {
  const initial = normals('initial');
  const parameters = variables(initial);
  const seen: string[] = [];
  const optimizer = sgd({
    parameters,
    momentum: 0,
    weightDecay: 0.5,
    exclude: (name, variable) => {
      seen.push(`${name} ${variable.rank}`);
      return name === 'fc.weight';
    },
  });
  const zeros = Object.fromEntries(Object.entries(initial).map(([name, values]) => [name, values.map(() => 0)]));
  tf.tidy(() => optimizer.step(tensors(zeros), 1));
  const halved = (name: string): number[] => initial[name]!.map((value) => value / 2);
  expect(seen).toEqual(['conv.weight 4', 'fc.weight 2', 'bn.bias 1']);
  expectNear(read(parameters), { ...initial, 'conv.weight': halved('conv.weight'), 'bn.bias': halved('bn.bias') }, 1e-7);
});

test('biasAndNorm picks what has one axis or none', () => {
  const pick = (shape: number[]): boolean => biasAndNorm('any', tf.tidy(() => tf.variable(tf.zeros(shape))));
  expect([[], [3], [2, 3], [1, 1, 2, 3]].map(pick)).toEqual([true, true, false, false]);
});

test('says what is wrong with options and gradients', () => {
  const w = tf.variable(tf.tensor2d([[1, 2]]));
  const make = (options: object) => () => sgd({ parameters: { w }, momentum: 0.9, weightDecay: 0, ...options });
  expect(make({ momentum: 1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sgd.momentum: received 1, expected a number in [0, 1). It is the share that is kept each step.]`);
  expect(make({ weightDecay: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sgd.weightDecay: received -1, expected a finite number, 0 or above.]`);
  expect(make({ momentum: 0, nesterov: true })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sgd.nesterov: received true, expected false if momentum is 0. Set a momentum above 0.]`);
  expect(make({ parameters: {} })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sgd.parameters: received {}, expected at least one parameter. Pass flattenParameters(network.parameters()).]`);
  const optimizer = make({})();
  expect(() => optimizer.step({}, 0.1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sgd.step.gradients.w: received undefined, expected a gradient for every parameter. Was the parameter part of the loss?]`);
  expect(() => optimizer.step({ w: tf.zeros([1, 2]), u: tf.zeros([1]) }, 0.1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sgd.step.gradients: received "u", expected gradients of known parameters. Pass the names that the optimizer was made with.]`);
  expect(() => optimizer.step({ w: tf.zeros([2]) }, 0.1)).toThrowErrorMatchingInlineSnapshot(`[ShapeError: sgd.step: the gradient of w is [2], expected [1, 2]. Gradients go by the names of the parameters.]`);
  expect(() => optimizer.step({ w: tf.zeros([1, 2]) }, NaN)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sgd.step.learningRate: received NaN, expected a finite number, 0 or above.]`);
  const state = optimizer.state();
  expect(() => restoreState(optimizer, { step: state['step']! })).toThrowErrorMatchingInlineSnapshot(`[StateError: sgd.check.velocity.w: is not in the state. It is of another part or version.]`);
  expect(() => restoreState(optimizer, { ...state, 'first.w': state['step']! })).toThrowErrorMatchingInlineSnapshot(`[StateError: sgd.check: the state has no place for first.w. It is of another network or optimizer.]`);
  expect(() => restoreState(optimizer, { ...state, 'velocity.w': { shape: [3], values: new Float32Array(3) } })).toThrowErrorMatchingInlineSnapshot(`[StateError: sgd.check.velocity.w: the state holds [3], this part [1, 2]. It was saved with other sizes.]`);
});
